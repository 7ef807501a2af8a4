/**
 * Google's library for signing in, loaded when it is first needed. It is a CommonJS module, whose names a bundle offers by
 * `default` alone.
 */
export async function googleLibrary(): Promise<typeof import('google-auth-library')> {
  const { default: library } = await import('google-auth-library')
  return library
}
