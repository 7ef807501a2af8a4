#!/bin/bash
# A small Debian bookworm into the folder $1, with the packages $2 (a list with commas). Not a newer Debian: its systemd would refuse
# the cgroups v1 that some machines still have, and its Python would not be the 3.11 that LocalStack's versions are for.
set -euo pipefail
root=${1:?folder} packages=${2:?packages}
mirror=${MOORING_DEBIAN_MIRROR:-http://deb.debian.org/debian}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
debootstrap --variant=minbase --include="$packages" bookworm "$root" "$mirror" >"$log" 2>&1 || { tail -20 "$log" >&2; exit 1; }
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}/* "$root"/var/log/*
