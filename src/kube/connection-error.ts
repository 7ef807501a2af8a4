/** The operator cannot know where the API server is or who it is itself. The message says what to do about it. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'

  /** The message is written here and holds no secret. */
  get safeMessage(): string {
    return this.message
  }
}
