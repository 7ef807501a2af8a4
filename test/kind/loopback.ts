/**
 * Lets the operator's pods reach the servers that tests start on 127.0.0.1 of this machine: the machine's half of
 * operator-network.sh. A container in the machine's network changes it, so that nobody has to be root for it.
 */
import { mustRun, runCommand } from '../rig/run-command.ts'
import { NAME } from './paths.ts'

interface Bridge {
  readonly name: string
  readonly gateway: string
  readonly subnet: string
}

/** The network of the cluster's nodes, as this machine sees it. */
export async function bridgeOf(network: string): Promise<Bridge> {
  const [details] = JSON.parse(await mustRun('docker', ['network', 'inspect', network]))
  const { Gateway: gateway, Subnet: subnet } = details.IPAM.Config.find(
    ({ Subnet }: { Subnet: string }) => !Subnet.includes(':'),
  )
  const name = details.Options?.['com.docker.network.bridge.name'] ?? `br-${details.Id.slice(0, 12)}`
  return { name, gateway, subnet }
}

const rule = ({ name, gateway, subnet }: Bridge) =>
  `PREROUTING -i ${name} -s ${subnet} -d ${gateway} -p tcp --dport 15000:65535 -j DNAT --to-destination 127.0.0.1`

/** `image`: one with iptables in it, as a node's. */
export async function openLoopback(bridge: Bridge, image: string): Promise<void> {
  await onMachine(
    image,
    `echo 1 >/proc/sys/net/ipv4/conf/${bridge.name}/route_localnet &&
     { iptables -w -t nat -C ${rule(bridge)} 2>/dev/null || iptables -w -t nat -I ${rule(bridge)}; }`,
  )
}

/** This machine reaches pods by their addresses, as the nodes do. The routes go with the bridge. */
export async function routeToPods(ranges: readonly (readonly string[])[], image: string): Promise<void> {
  const routes = ranges.map(([address, range]) => `ip route replace ${range} via ${address}`)
  await onMachine(image, routes.join(' && '))
}

/** The bridge's own setting goes with the bridge. */
export async function closeLoopback(bridge: Bridge, image: string): Promise<void> {
  await onMachine(image, `iptables -w -t nat -D ${rule(bridge)}`).catch(() => undefined)
}

function onMachine(image: string, script: string): Promise<string> {
  const how = ['--rm', '--privileged', '--network', 'host', '--entrypoint', 'bash']
  return mustRun('docker', ['run', ...how, image, '-c', script])
}

/** Puts operator-network.sh into a node, after the plugins that are there. Pods that start from now on have it. */
export async function redirectIn(node: string, gateway: string, plugin: string): Promise<void> {
  await mustRun('docker', ['cp', plugin, `${node}:/opt/cni/bin/mooring-loopback`])
  const script = `
    set -e
    file=$(ls /etc/cni/net.d/*.conflist | head -1)
    jq '.plugins |= map(select(.type != "mooring-loopback")) + [{"type": "mooring-loopback", "gateway": "${gateway}"}]' $file >/tmp/conflist
    cat /tmp/conflist >$file.new && mv $file.new $file`
  const { code, stderr } = await runCommand('docker', ['exec', node, 'bash', '-c', script])
  if (code !== 0) throw new Error(`${NAME}: the pod network of ${node} cannot be changed: ${stderr}`)
}
