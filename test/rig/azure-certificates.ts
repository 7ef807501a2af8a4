/** Certificates of the run: Azure's libraries send tokens over https alone. */
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { azureFacadeBinary } from './azure-binary.ts'
import { mustRun } from './run-command.ts'

export interface Certificates {
  /** For NODE_EXTRA_CA_CERTS of processes that we start. */
  readonly authorityFile: string
  readonly certificateFile: string
  readonly keyFile: string
}

/** Makes an authority that signs one certificate, for 127.0.0.1, and has this process trust it. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true })
  await mustRun(await azureFacadeBinary(), ['-certificates', folder])
  return trustCertificates(folder)
}

/** Certificates that are there already, under the same names. */
export function trustCertificates(folder: string): Certificates {
  const authorityFile = join(folder, 'ca.pem')
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(authorityFile, 'utf8')])
  return { authorityFile, certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
}
