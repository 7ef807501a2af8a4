/** A time as Kubernetes' MicroTime wants it, with exactly six digits; with three the API server refuses the object. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}
