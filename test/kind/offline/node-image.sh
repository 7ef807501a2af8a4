#!/bin/bash
# The image of a kind node, from the programs in the folder $1, Debian packages and the files that kind itself puts into its base image;
# as a file at $2, with the name $3. The steps are those of kind's images/base/Dockerfile and of `kind build node-image`
# (https://github.com/kubernetes-sigs/kind/tree/v0.33.0), without a registry to take anything from.
set -euo pipefail
programs=${1:?folder of programs} file=${2:?file} image=${3:?name}
here=$(cd "$(dirname "$0")" && pwd)
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
work=$(mktemp -d)
root=$work/root
base=mooring-kind/unfinished-base:$$
preload=mooring-kind-preload-$$
made=("$base" "$image")
clean() {
  docker rm -f -v "$preload" >/dev/null 2>&1 || true
  docker rmi -f "${made[@]}" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean EXIT

packages=systemd,systemd-sysv,dbus,containerd,runc,containernetworking-plugins,iptables,nftables,conntrack,ethtool,socat,iproute2
packages+=,util-linux,mount,kmod,libseccomp2,e2fsprogs,bash,ca-certificates,curl,jq,procps,hostname,ebtables,rsync,pigz
"$here/debian-root.sh" "$root" "$packages"

# kind's own files: its entrypoint, units and containerd's configuration.
files=$(cd "$here/../modules/kind" && go mod download sigs.k8s.io/kind && go list -m -f '{{.Dir}}' sigs.k8s.io/kind)/images/base/files
cp -r --no-preserve=mode,ownership "$files/." "$root/"
chmod 755 "$root/kind" "$root/kind/bin" "$root"/kind/bin/* "$root"/usr/local/bin/*
# kind's units look for containerd in /usr/local/bin, Debian has it in /usr/bin with a unit of its own.
for program in containerd ctr containerd-shim-runc-v2; do ln -sf /usr/bin/$program "$root/usr/local/bin/$program"; done
rm -f "$root/lib/systemd/system/containerd.service"
install -m 755 "$programs"/{kubelet,kubeadm,kubectl} "$root/usr/bin/"
install -m 755 "$here/crictl.sh" "$root/usr/local/bin/crictl"
install -m 755 "$here/pod-network.sh" "$root/kind/bin/"
mkdir -p "$root"/{opt/cni/bin,etc/kubernetes/manifests,kind/manifests,etc/cni/net.d}
rm -f "$root"/etc/cni/net.d/*
cp "$root"/usr/lib/cni/{host-local,loopback,ptp,portmap,bridge} "$root/opt/cni/bin/"
version=$("$programs/kubeadm" version -o short)
printf %s "$version" >"$root/kind/version"
# Where CAP_SYS_RESOURCE is missing no process may lower its oom_score_adj, and static pods would not start.
sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' "$root/etc/containerd/config.toml"
# kubelet 1.35 refuses cgroups v1 unless it is told not to.
echo 'KUBELET_EXTRA_ARGS=--runtime-cgroups=/system.slice/containerd.service --fail-cgroupv1=false' >"$root/etc/default/kubelet"
cat >"$root/etc/systemd/system/pod-network.service" <<'UNIT'
[Unit]
Description=pod network
After=containerd.service
[Service]
ExecStart=/kind/bin/pod-network.sh
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
# kind applies these two. The node authorizer lets a kubelet's identity read its own node alone, and the network needs all of them.
cat >"$root/kind/manifests/default-cni.yaml" <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: pod-network}
rules:
  - {apiGroups: [""], resources: [nodes], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: pod-network}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: pod-network}
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:nodes"}
YAML
cat >"$root/kind/manifests/default-storage.yaml" <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/host-path
YAML
# What kind's Dockerfile does to systemd, so that it runs in a container.
(
  cd "$root"
  find lib/systemd/system/sysinit.target.wants/ -name systemd-tmpfiles-setup.service -delete
  rm -f lib/systemd/system/{multi-user,local-fs,basic}.target.wants/* etc/systemd/system/*.wants/*
  rm -f lib/systemd/system/sockets.target.wants/*{udev,initctl}*
  grep -q ReadKMsg=no etc/systemd/journald.conf || echo ReadKMsg=no >>etc/systemd/journald.conf
  ln -sf /usr/lib/systemd/systemd sbin/init
)
chroot "$root" systemctl -q enable kubelet.service containerd.service undo-mount-hacks.service pod-network.service
chroot "$root" systemctl -q mask systemd-binfmt.service
chroot "$root" ctr oci spec |
  jq '.hooks.createContainer += [{"path": "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)' >"$work/cri-base.json"
install -m 644 "$work/cri-base.json" "$root/etc/containerd/cri-base.json"
tar -C "$root" -c . |
  docker import --change 'ENV container=docker' --change "ENV PATH=$path" --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' - "$base" >/dev/null

# The images of the control plane, under the names that kubeadm and containerd's configuration ask for.
wanted=$("$programs/kubeadm" config images list --kubernetes-version "$version")
named() { grep "/$1:" <<<"$wanted"; }
sandbox=$(sed -n 's/.*sandbox_image = "\(.*\)"/\1/p' "$root/etc/containerd/config.toml")
made+=($wanted "$sandbox")
from_scratch() { # program, folder
  install -D -m 755 "$programs/$1" "$2/usr/local/bin/$1"
  mkdir -p "$2/etc" "$2/tmp"
  chmod 1777 "$2/tmp"
  echo 'root:x:0:0:root:/root:/sbin/nologin' >"$2/etc/passwd"
  tar -C "$2" -c . |
    docker import --change "ENV PATH=$path" --change "ENTRYPOINT [\"/usr/local/bin/$1\"]" - "$(named "$1")" >/dev/null
}
for program in kube-apiserver kube-controller-manager kube-scheduler etcd coredns pause; do
  from_scratch $program "$work/$program"
  rm -rf "${work:?}/$program"
done
docker tag "$(named pause)" "$sandbox"
# kube-proxy needs iptables, and all of its plugins with their libraries: without libm for libxt_statistic, Services with two
# endpoints do not work while those with one do.
proxy=$work/kube-proxy libraries=usr/lib/x86_64-linux-gnu
mkdir -p "$proxy"/usr/{sbin,bin} "$proxy/$libraries" "$proxy/lib64" "$proxy/run"
ln -s usr/lib "$proxy/lib"
ln -s usr/sbin "$proxy/sbin"
ln -s usr/bin "$proxy/bin"
cp -r "$root/$libraries/xtables" "$proxy/$libraries/"
cp -L "$root"/usr/sbin/{xtables-nft-multi,nft,conntrack} "$proxy/usr/sbin/"
for name in ip{,6}tables{,-save,-restore}; do ln -s xtables-nft-multi "$proxy/usr/sbin/$name"; done
needed=$(cd "$root" && for program in usr/sbin/{xtables-nft-multi,nft,conntrack} "$libraries"/xtables/*.so; do chroot "$root" ldd "/$program"; done)
for library in $(awk '/=> \// { print $3 }' <<<"$needed" | sort -u); do cp -L "$root$library" "$proxy/$libraries/"; done
cp -L "$root/lib64/ld-linux-x86-64.so.2" "$proxy/lib64/"
from_scratch kube-proxy "$proxy"

# Into the node's own containerd, as if the node had pulled them.
docker run -d --name "$preload" --network none --entrypoint sleep --security-opt seccomp=unconfined "$base" infinity >/dev/null
docker exec "$preload" bash -c 'nohup containerd >/tmp/log 2>&1 & for _ in $(seq 100); do ctr version >/dev/null 2>&1 && exit 0; sleep 0.2; done; cat /tmp/log; exit 1'
docker save $wanted "$sandbox" | docker exec -i "$preload" ctr -n k8s.io images import --all-platforms --no-unpack - >/dev/null
docker exec "$preload" bash -c 'pkill containerd; for _ in $(seq 100); do pgrep -x containerd >/dev/null || break; sleep 0.1; done; rm -rf /tmp/* /run/containerd'
docker commit --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' --change 'CMD []' "$preload" "$image" >/dev/null
# systemd ends at this signal, and neither import nor commit can set it; the classic builder can.
printf 'FROM %s\nSTOPSIGNAL SIGRTMIN+3\n' "$image" | DOCKER_BUILDKIT=0 docker build -q -t "$image" - >/dev/null 2>&1
docker save "$image" | zstd -q -3 -T2 -o "$file"
