/** A vendor that uses everything that a role can have, for tests. */
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a recipe */
import type { KubernetesObject } from '../rig/kubectl.ts'
import { externalIdParameter, OBJECTS, roleOutputs, vendorOf, withRole } from './recipe.ts'

/** Its own role for each integration, with an inline and a managed policy; `role` wins. */
export function fullVendor(name = 'full', role: object = {}): KubernetesObject {
  const list = { name: 'list', actions: ['s3:ListBucket'], resources: ['arn:${partition}:s3:::${bucket}'] }
  const write = { name: 'write', actions: ['s3:PutObject', 's3:DeleteObject'], resources: [OBJECTS] }
  return vendorOf(name, {
    parameters: [externalIdParameter({ source: 'Generated' })],
    s3: {
      ...withRole({
        maxSessionDurationSeconds: 7_200,
        description: 'For tests',
        customerPolicies: [{ name: 'access', description: 'Made for tests', statements: [list, write] }],
        ...role,
      }).s3,
      outputs: roleOutputs,
    },
  })
}
