/** The one switch: take published images from a registry, or build stand-ins from packages. */

/** `OFFLINE=1` and `OFFLINE=0` decide; otherwise it is whether Docker Hub answers. */
export async function isOffline(): Promise<boolean> {
  const wanted = process.env.OFFLINE
  if (wanted) return wanted !== '0'
  try {
    // 401 is an answer, too: https://distribution.github.io/distribution/spec/api/#api-version-check
    await fetch('https://registry-1.docker.io/v2/', { signal: AbortSignal.timeout(5_000) })
    return false
  } catch {
    return true
  }
}
