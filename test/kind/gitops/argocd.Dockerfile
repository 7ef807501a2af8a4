# Argo CD, and what it and its test need beside it: git, redis, kustomize by kubectl, and a Git server.
ARG BASE
FROM ${BASE}
LABEL mooring.dev/kind=
RUN groupadd --gid 999 argocd && useradd --system --uid 999 --gid argocd --home-dir /home/argocd argocd \
  && apt-get update -qq && apt-get install -qq --yes --no-install-recommends git redis-server \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* && mkdir -p /home/argocd && chown argocd /home/argocd
COPY kubectl kustomize git-verify-wrapper.sh argocd /usr/local/bin/
RUN chmod 755 /usr/local/bin/git-verify-wrapper.sh && for part in application-controller repo-server; do ln -s argocd /usr/local/bin/argocd-$part; done
COPY git-server.ts /git-server/
ENV HOME=/home/argocd ARGOCD_GPG_ENABLED=false
USER 999
