import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The ports of 127.0.0.1 on which process `pid` itself listens; undefined on systems without /proc. */
export function loopbackPorts(pid: number): number[] | undefined {
  if (!existsSync('/proc/net/tcp')) return undefined
  const own = socketsOf(pid)
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state, , , , , , inode]) => {
      return state === listening && local?.startsWith(loopback) && own.has(`socket:[${inode}]`)
    })
    .map(([, local]) => Number.parseInt((local as string).split(':')[1] as string, 16))
}

const listening = '0A'
const loopback = '0100007F:'

function socketsOf(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`
  return new Set(readdirSync(folder).map((descriptor) => linkTarget(`${folder}/${descriptor}`)))
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // closed while we looked
  }
}
