#!/bin/bash
# The pod network of a node, in place of kindnetd, whose module the Go proxy does not serve. Takes the node's range from the API
# server, writes the CNI configuration for it, and keeps routes to the ranges of the other nodes.
kube="kubectl --kubeconfig=/etc/kubernetes/kubelet.conf --request-timeout=5s"
me=$(hostname)
written=

configure() { # range of this node
  mkdir -p /etc/cni/net.d
  # Under another name first: containerd must never read half a file.
  cat >/etc/cni/net.d/.unfinished <<CNI
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipMasq": false, "mtu": 1500, "ipam": {"type": "host-local", "dataDir": "/run/pod-addresses",
    "routes": [{"dst": "0.0.0.0/0"}], "ranges": [[{"subnet": "$1"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
CNI
  mv /etc/cni/net.d/.unfinished /etc/cni/net.d/10-pods.conflist
  written=$1
}

while sleep "${pause:-1}"; do
  [ -s /etc/kubernetes/kubelet.conf ] || continue
  nodes=$($kube get nodes -o json 2>/dev/null) || continue
  pods=$(sed -n 's/^ *podSubnet: *"\{0,1\}\([0-9./]*\).*/\1/p' /kind/kubeadm.conf 2>/dev/null | head -1)
  pods=${pods:-10.244.0.0/16}
  # The address of a pod that is gone must not leave the machine through its default route; routes that say more win.
  ip route replace unreachable "$pods"
  iptables -w -t nat -C POSTROUTING -s "$pods" ! -d "$pods" -j MASQUERADE 2>/dev/null ||
    iptables -w -t nat -A POSTROUTING -s "$pods" ! -d "$pods" -j MASQUERADE
  jq -r --arg me "$me" '.items[] | select(.metadata.name != $me and .spec.podCIDR != null)
    | .spec.podCIDR + " " + (.status.addresses[] | select(.type == "InternalIP").address)' <<<"$nodes" |
    while read -r range address; do ip route replace "$range" via "$address"; done
  range=$(jq -r --arg me "$me" '.items[] | select(.metadata.name == $me).spec.podCIDR // empty' <<<"$nodes")
  if [ -n "$range" ] && [ "$range" != "$written" ]; then configure "$range"; fi
  [ -z "$written" ] || pause=2
done
