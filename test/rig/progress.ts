/** Says what is being prepared and how long it took. To stderr: stdout belongs to results. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  console.error(`${what} …`)
  const result = await work()
  console.error(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return result
}
