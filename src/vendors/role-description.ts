/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (Description: "Maximum length of 1000") */
const LIMIT = 1_000
/** The same page: "Pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*" */
const REFUSED = /[^\t\n\r\u0020-\u007e\u00a1-\u00ff]/gu

/** The text as IAM takes it for the description of a role or policy: letters that it refuses are told by a question mark. */
export function asDescription(text: string): string {
  return text.normalize('NFC').replaceAll(REFUSED, '?').slice(0, LIMIT)
}
