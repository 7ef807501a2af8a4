#!/bin/bash
# In place of crictl, which no Go proxy serves in the version of the cluster: answers with ctr what kind asks of it.
set -euo pipefail
images() { ctr -n k8s.io images ls; }
case ${1:-} in
  images) images ;;
  inspecti)
    # containerd knows full names; kind may ask with a short one.
    digest=$(images | awk -v name="${2:?image}" 'NR > 1 && ($1 == name || substr($1, length($1) - length(name)) == "/" name) { print $3; exit }')
    [ -n "$digest" ] || { echo "no such image: $2" >&2; exit 1; }
    id=$(ctr -n k8s.io content get "$digest" | jq -r .config.digest)
    images | awk -v digest="$digest" 'NR > 1 && $3 == digest && $1 !~ /^(sha256:|import-)/ { print $1 }' |
      jq -Rn --arg id "$id" '{status: {id: $id, repoTags: [inputs]}}'
    ;;
  *)
    echo "Only images and inspecti are here; for the rest there is ctr -n k8s.io" >&2
    exit 1
    ;;
esac
