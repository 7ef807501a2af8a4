#!/bin/bash
# A CNI plugin, chained after the others: 127.0.0.1 of the operator's pods is 127.0.0.1 of the machine that runs the tests.
#
# The integration tests start clouds and proxies on 127.0.0.1 and give the operator their addresses. With this, a pod that was given such
# an address reaches the same server. Ports below 15000 stay the pod's own. The other half is in test/kind/loopback.ts.
# Only pods of mooring-system get it; ADD runs before a pod's containers start, so there is no moment without it.
set -euo pipefail
configuration=$(cat)
case $CNI_COMMAND in
  VERSION) echo '{"cniVersion": "0.4.0", "supportedVersions": ["0.3.1", "0.4.0", "1.0.0"]}' ;;
  ADD)
    if [[ ";${CNI_ARGS:-};" == *";K8S_POD_NAMESPACE=mooring-system;"* ]]; then
      gateway=$(jq -r .gateway <<<"$configuration")
      nsenter --net="$CNI_NETNS" bash -c "
        echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
        iptables -w -t nat -A OUTPUT -d 127.0.0.1 -p tcp --dport 15000:65535 -j DNAT --to-destination $gateway
        iptables -w -t nat -A POSTROUTING -s 127.0.0.1 -d $gateway -j MASQUERADE" >&2
    fi
    jq -c .prevResult <<<"$configuration"
    ;;
esac
