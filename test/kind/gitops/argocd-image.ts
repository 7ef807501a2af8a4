/** The image of Argo CD, with the Git server that the test needs. */
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kubernetesBinaries } from '../../rig/kubernetes-binaries.ts'
import { build } from '../docker-images.ts'
import { builtImage, type Image, inContext } from '../images.ts'
import { kindFolder } from '../paths.ts'
import { builtProgram, sourcesOf } from './programs.ts'

/** The version is that of modules/argocd. */
export const ARGOCD_IMAGE = 'mooring-kind/argocd:3.6.1'
const folder = join(kindFolder, 'gitops')

export async function argocdImage(isOffline: boolean): Promise<Image> {
  const argocd = await builtProgram('argocd', 'Building Argo CD (once; 20 minutes on two cores)')
  const own = ['modules/argocd/*', 'argocd.Dockerfile', 'kustomize.sh', 'git-server.ts']
  const inputs = [...own.map((file) => `test/kind/gitops/${file}`), 'tools/go.mod']
  return builtImage('argocd', ARGOCD_IMAGE, inputs, isOffline, (bases, log) =>
    inContext(async (context) => {
      await copyFile(argocd, join(context, 'argocd'))
      await copyFile((await kubernetesBinaries()).kubectl, join(context, 'kubectl'))
      await copyFile(join(folder, 'kustomize.sh'), join(context, 'kustomize'))
      await copyFile(join(folder, 'git-server.ts'), join(context, 'git-server.ts'))
      // The repo server calls it for every revision, signed or not.
      const sources = await sourcesOf('argocd', 'github.com/argoproj/argo-cd/v3')
      await copyFile(join(sources, 'hack', 'git-verify-wrapper.sh'), join(context, 'git-verify-wrapper.sh'))
      const dockerfile = join(folder, 'argocd.Dockerfile')
      await build({ image: ARGOCD_IMAGE, context, dockerfile, args: { BASE: bases.build }, log })
    }),
  )
}
