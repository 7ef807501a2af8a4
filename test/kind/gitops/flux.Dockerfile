# Flux's source-controller and kustomize-controller.
ARG BASE
FROM ${BASE}
LABEL mooring.dev/kind=
COPY source-controller kustomize-controller /usr/local/bin/
USER 65534
