/**
 * What never leaves this room: who calls by key, signatures, tokens, ids of one request, times. Google's access tokens
 * begin with `ya29.`, identity tokens are JWTs, and keys are PEM.
 */
const SECRETS: readonly RegExp[] = [
  /-----BEGIN [^-]*-----(?:[^-]|-(?!----))*(?:-----END [^-]*-----)?/g,
  /\bya29\.[\w.-]+/g,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
  /\bBearer\s+[\w.~+/-]+=*/gi,
  /\b(?:access_?token|id_?token|refresh_?token|subject_?token|assertion|client_?secret|private_?key(?:_id)?)["']?\s*[=:]\s*["']?[^\s,;&"']+/gi,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g,
  /\b(?:X-Amz-)?(?:Signature|Credential|Security-Token|SecretAccessKey|SessionToken)\s*[=:]\s*[^\s,;&"']+/gi,
  /\b(?:x-amz-)?(?:extended )?(?:request|host)[ -]?id(?:-2)?\s*[=:]\s*[^\s,;)"']+/gi,
  /\b[A-Za-z0-9+/]{39,}={0,2}/g,
  /\b\d{4}-?\d\d-?\d\dT\d\d:?\d\d:?\d\d(?:\.\d+)?Z?/g,
]

/** So many characters of what a cloud says are looked at: some of the patterns take time that grows with the square of it. */
const LOOKED_AT = 4_096
/** So many fit into a condition beside what Mooring says itself. */
const SHOWN = 300

/** A cloud's own words, without anything secret or of one moment only, on one line and of bounded length. */
export function redact(text: string): string {
  const clean = SECRETS.reduce(
    (rest, secret) => rest.replace(secret, '[removed]'),
    beginningOf(text, LOOKED_AT),
  )
  const line = clean.replace(/\s+/g, ' ').trim()
  return line.length > SHOWN ? `${beginningOf(line, SHOWN - 1)}…` : line
}

/** Without the word that the cut falls into: half of a secret would not be known for one, here or by who takes out those it knows. */
function beginningOf(text: string, length: number): string {
  if (text.length <= length) return text
  const cut = text.slice(0, length)
  return cut.slice(0, cut.search(/\s\S*$/) + 1)
}
