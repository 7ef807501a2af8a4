# The operator's image: node and the bundle, nothing else. `make image` builds it.
#
# The image that it runs in is yours to choose. Anything with Node 24 will do:
#   docker build --build-arg BASE=gcr.io/distroless/nodejs24-debian12 .
ARG BUILD=node:24-slim
ARG BASE=node:24-slim

FROM ${BUILD} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No package needs its install script for this; the one of `node` would bring a second Node.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE ./
COPY tools/bundle.ts tools/bundled-licences.ts tools/
COPY src src
RUN node tools/bundle.ts

FROM ${BASE}
# Distroless has its node in a place of its own.
ENV NODE_ENV=production PATH=/usr/local/bin:/usr/bin:/bin:/nodejs/bin
COPY --from=build /build/dist /mooring
USER 65532:65532
EXPOSE 8080
# Most garbage dies young here, and a small nursery keeps the process small: docs/install.md has the numbers.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--optimize-for-size", "/mooring/main.mjs"]
