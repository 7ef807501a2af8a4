/** An authority whose key nobody keeps, and a certificate of it, for the clouds in the cluster. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from '../rig/run-command.ts'

/** Makes `ca.pem`, `cert.pem` and `key.pem` for an address and for 127.0.0.1; needs openssl. */
export async function makeCertificate(folder: string, address: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => mustRun('openssl', args)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']
  await openssl(
    ...['req', '-x509', ...newKey, '-days', '7', '-subj', '/CN=Mooring kind authority'],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  )
  await openssl('req', ...newKey, '-subj', `/CN=${address}`, '-keyout', at('key.pem'), '-out', at('cert.csr'))
  await writeFile(
    at('names'),
    `subjectAltName=IP:${address},IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`,
  )
  await openssl(
    ...['x509', '-req', '-in', at('cert.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
    ...['-days', '7', '-extfile', at('names'), '-out', at('cert.pem')],
  )
  for (const name of ['ca.key', 'cert.csr', 'names']) await rm(at(name))
}
