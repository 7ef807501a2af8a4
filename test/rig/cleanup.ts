/** What must not outlive this process, however it ends. (A SIGKILL is seen to by the watchdog in process.ts.) */

const cleanups = new Set<() => void>()

/** `cleanup` runs when the process exits; it must be synchronous. Call what is returned when it is no longer needed. */
export function onExit(cleanup: () => void): () => void {
  installOnce()
  cleanups.add(cleanup)
  return () => cleanups.delete(cleanup)
}

const hooks = { installed: false }

function installOnce(): void {
  if (hooks.installed) return
  hooks.installed = true
  process.on('exit', () => {
    for (const cleanup of [...cleanups].reverse()) cleanup()
  })
  const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
  for (const [name, number] of Object.entries(signals)) process.on(name, () => process.exit(128 + number))
}
