/** The image of Flux: both of its controllers that the test needs. */
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from '../docker-images.ts'
import { builtImage, type Image, inContext } from '../images.ts'
import { kindFolder } from '../paths.ts'
import { builtProgram } from './programs.ts'

/** The version is that of modules/flux-kustomize. */
export const FLUX_IMAGE = 'mooring-kind/flux:1.9.5'

export async function fluxImage(isOffline: boolean): Promise<Image> {
  const programs = {
    'kustomize-controller': await builtProgram(
      'flux-kustomize',
      'Building kustomize-controller (once; 6 minutes)',
    ),
    'source-controller': await builtProgram('flux-source', 'Building source-controller (once; 6 minutes)'),
  }
  const own = ['modules/flux-*/*', 'flux.Dockerfile'].map((file) => `test/kind/gitops/${file}`)
  return builtImage('flux', FLUX_IMAGE, own, isOffline, (bases, log) =>
    inContext(async (context) => {
      for (const [name, program] of Object.entries(programs)) await copyFile(program, join(context, name))
      const dockerfile = join(kindFolder, 'gitops', 'flux.Dockerfile')
      await build({ image: FLUX_IMAGE, context, dockerfile, args: { BASE: bases.build }, log })
    }),
  )
}
