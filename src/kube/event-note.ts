/** The API server refuses longer notes, in bytes. */
const longestNote = 1_024

/** A note cut to what the API server takes, at a whole character. */
export function fitNote(note: string): string {
  const bytes = Buffer.from(note, 'utf8')
  if (bytes.length <= longestNote) return note
  const cut = bytes
    .subarray(0, longestNote - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')
  return `${cut}…`
}
