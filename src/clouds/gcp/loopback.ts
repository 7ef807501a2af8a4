/** True for an address of this machine: emulators are there, and what is sent stays in the pod. */
export function isLoopback({ hostname, protocol, username, password }: URL): boolean {
  const isHere = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
  return isHere && ['http:', 'https:'].includes(protocol) && username === '' && password === ''
}
