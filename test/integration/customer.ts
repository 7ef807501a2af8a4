/** A customer's account whose CloudAccount has the keys of a user in a Secret, so that the user's rights count. */
import { ministackAccount } from '../rig/rig.ts'
import { uniqueAccountId, uniqueName } from '../rig/shared.ts'
import { type Keys, newUser, type Somebody, somebody, type User } from './somebody.ts'
import { account, type Stage, type Statement } from './stage.ts'

export interface Customer {
  readonly accountId: string
  /** Of the CloudAccount. */
  readonly name: string
  readonly root: Somebody
  readonly user: User
  bucket(): Promise<string>
  /** Puts keys into the CloudAccount's Secret. */
  useKeys(keys: Keys): Promise<void>
  /** Makes the CloudAccount, or makes it anew with these fields in spec.aws. */
  apply(aws?: object): Promise<void>
  /** Changes the CloudAccount in a way that matters to nobody, so that everything in it is looked at now. */
  touch(): Promise<void>
}

/** Opens an account in the stage's cloud; there is no CloudAccount before `apply`. */
export async function newCustomer(
  stage: Stage,
  name: string,
  permissions: (accountId: string) => readonly Statement[] = () => [],
): Promise<Customer> {
  const { kubectl, aws } = stage.rig
  const accountId = uniqueAccountId()
  const root = somebody(ministackAccount(aws.endpoint, accountId))
  const user = await newUser(root, ...permissions(accountId))
  const secret = { namespace: stage.namespace, name: `${name}-keys` }
  const useKeys = async ({ accessKeyId, secretAccessKey }: Keys) => {
    const stringData = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
    await kubectl.apply({ apiVersion: 'v1', kind: 'Secret', metadata: secret, stringData })
  }
  await useKeys(user.keys)
  const pace = { requestsPerSecond: 500 }
  return {
    accountId,
    name,
    root,
    user,
    useKeys,
    bucket: () => filledBucket(root),
    apply: async (changes = {}) => {
      const { endpoint, region } = aws
      const spec = { accountId, region, endpoint, credentialsSecretRef: secret, ...changes }
      const object = account(stage.rig, { aws: spec, ...pace })
      await kubectl.apply({ ...object, metadata: { name } })
    },
    touch: async () => {
      pace.requestsPerSecond += 1
      const patch = JSON.stringify({ spec: pace })
      await kubectl.must('patch', 'cloudaccount', name, '--type=merge', '-p', patch)
    },
  }
}

/** Makes a bucket `street-…` with an object `team/a.txt`. */
export async function filledBucket(owner: Somebody): Promise<string> {
  const bucket = uniqueName('street')
  await owner.makeBucket(bucket)
  await owner.write(bucket, 'team/a.txt')
  return bucket
}
