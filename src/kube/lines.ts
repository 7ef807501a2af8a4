import { KubeError } from './kube-error.ts'

/** No object is this long: etcd refuses beyond 1.5 MiB unless told otherwise. */
const longestLine = 8 * 1024 * 1024

/**
 * Cuts a stream of bytes into lines, without their ends. Characters split over chunks stay whole. A last line without an
 * end is dropped, since it was cut off. A line beyond the limit throws a KubeError of reason `BadAnswer`.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  limit: number = longestLine,
): AsyncGenerator<string> {
  let pieces: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, end)]).toString('utf8')
      pieces = []
      length = 0
      start = end + 1
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start))
    length += chunk.length - start
    if (length > limit) throw tooLong(limit)
  }
}

function tooLong(limit: number): KubeError {
  return new KubeError({
    status: 0,
    reason: 'BadAnswer',
    message: `a watch event is longer than ${limit} bytes`,
  })
}
