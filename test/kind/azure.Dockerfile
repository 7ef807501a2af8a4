# The Azure of the tests (test/rig/azure.ts): Azurite, Microsoft's fake servers and the façade before them, as azure-context.ts bundles them.
ARG BASE
FROM ${BASE}
COPY . /azure/
# Where Azurite's compiled code is kept, and nothing that anybody would miss.
RUN chmod -R a+rwX /azure/cache
ENV MOORING_CACHE=/azure/cache TMPDIR=/tmp HOME=/tmp
USER 65532:65532
ENTRYPOINT ["node", "/azure/test/kind/server.mjs"]
