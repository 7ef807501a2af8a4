/**
 * What the Google Cloud for tests is made of, installed once: the Python environment of gcp-storage-emulator
 * (tools/requirements-gcp.txt) and Google's discovery documents (tools/requirements-gcp-discovery.txt).
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { contentKey, installed, repository } from './cache.ts'
import { timed } from './progress.ts'
import { pythonFor } from './python-environment.ts'
import { mustRun } from './run-command.ts'

const requirements = join(repository, 'tools', 'requirements-gcp.txt')
const discoveryRequirements = join(repository, 'tools', 'requirements-gcp-discovery.txt')

/** The path of a Python that can import gcp_storage_emulator. */
export function gcpPython(): Promise<string> {
  return pythonFor({
    name: 'gcp-storage-emulator',
    requirements,
    takes: 'about 5 seconds',
    async install(pip) {
      await pip('--only-binary', ':all:', '--requirement', requirements)
    },
  })
}

/** The folder with the discovery documents `storage.v1.json`, `iam.v1.json` and `iamcredentials.v1.json`. */
export async function discoveryDocuments(): Promise<string> {
  const python = await gcpPython()
  const folder = `google-discovery-${await contentKey(discoveryRequirements)}`
  return installed(folder, (unfinished) =>
    timed("Fetching Google's discovery documents (once; about 5 seconds)", () =>
      takeDocuments(python, unfinished),
    ),
  )
}

/** The package is 17 MB packed and 110 MB unpacked, and three files of it are of use: it is opened, not installed. */
async function takeDocuments(python: string, folder: string): Promise<void> {
  const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps']
  await mustRun(python, [
    ...download,
    ...['--only-binary', ':all:', '--requirement', discoveryRequirements, '--dest', folder],
  ])
  const [wheel = ''] = await readdir(folder)
  await mustRun(python, ['-c', takeOut, join(folder, wheel), folder])
  await rm(join(folder, wheel))
}

const takeOut = `
import pathlib, sys, zipfile
wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as files:
    for name in ("storage.v1.json", "iam.v1.json", "iamcredentials.v1.json"):
        content = files.read("googleapiclient/discovery_cache/documents/" + name)
        pathlib.Path(folder, name).write_bytes(content)
`
