import { IAMClient } from '@aws-sdk/client-iam'
import { STSClient } from '@aws-sdk/client-sts'
import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { abortable } from '../abortable.ts'
import { type CloudSession, foreignTarget, type Target, type TargetDriver } from '../cloud.ts'
import { Pace } from '../pace.ts'
import { Preflight } from '../preflight.ts'
import { Remembered } from '../remembered.ts'
import type { SessionHooks } from '../session-hooks.ts'
import { type AwsAccountSpec, DEFAULT_REQUESTS_PER_SECOND } from './account.ts'
import { iamRoot, refuseStrangeAnswers } from './answer-form.ts'
import type { AwsCall } from './aws-call.ts'
import { AwsCaller } from './aws-caller.ts'
import { type Connections, openConnections } from './connections.ts'
import { credentialsOf, type RunLoading } from './credentials.ts'
import { toFaultError } from './errors.ts'
import { IamRole } from './iam-role-target.ts'
import { type Identity, whoAmI } from './identity.ts'
import { KmsClients } from './kms-clients.ts'
import { KmsKey } from './kms-key.ts'
import { dnsSuffixOf, partitionOf } from './partition.ts'
import { S3Bucket } from './s3-bucket.ts'
import { S3Clients } from './s3-clients.ts'
import { S3Location } from './s3-location.ts'
import { fenceWrites } from './write-fence.ts'

/**
 * Opens a session with one AWS account; nothing is sent yet.
 *
 * @throws FaultError CredentialsRejected when the Secret lacks a key.
 */
export function openAwsSession(
  account: AwsAccountSpec,
  requestsPerSecond: number | undefined,
  secret: Readonly<Record<string, string>> | undefined,
  hooks: SessionHooks,
): CloudSession {
  return new AwsSession(account, requestsPerSecond ?? DEFAULT_REQUESTS_PER_SECOND, secret, hooks)
}

class AwsSession implements CloudSession {
  readonly facts: CloudSession['facts']
  readonly #account: AwsAccountSpec
  readonly #caller: AwsCaller
  readonly #connections: Connections
  readonly #closing = new AbortController()
  readonly #sts: STSClient
  readonly #iam: IAMClient
  readonly #s3: S3Clients
  readonly #kms: KmsClients
  readonly #preflight: Preflight
  readonly #identity: Remembered<Identity>

  constructor(
    account: AwsAccountSpec,
    requestsPerSecond: number,
    secret: Readonly<Record<string, string>> | undefined,
    hooks: SessionHooks,
  ) {
    const { accountId, region, endpoint } = account
    this.#account = account
    this.facts = { accountId, region, partition: account.partition ?? partitionOf(region) }
    this.#caller = new AwsCaller(new Pace(requestsPerSecond), hooks)
    this.#connections = openConnections()
    const shared = {
      maxAttempts: 1,
      requestHandler: this.#connections.handler,
      customUserAgent: 'mooring',
      ignoreConfiguredEndpointUrls: true, // AWS_ENDPOINT_URL is for other programs; an account says where it is
      ...(endpoint === undefined ? {} : { endpoint }),
    }
    const credentials = credentialsOf(account, secret, { ...shared, region }, this.#runLoading)
    const location = new S3Location(region, endpoint)
    const s3Options = { ...shared, credentials, forcePathStyle: endpoint !== undefined }
    this.#sts = new STSClient({ ...shared, region, credentials })
    this.#iam = new IAMClient({ ...shared, region, credentials })
    refuseStrangeAnswers(this.#iam, iamRoot)
    fenceWrites(this.#iam, () => hooks.fence())
    this.#s3 = new S3Clients(this.#caller, location, s3Options, () => hooks.fence())
    this.#kms = new KmsClients(this.#caller, endpoint, { ...shared, credentials }, () => hooks.fence())
    this.#preflight = new Preflight({
      objectUrl: (bucket, at, key) => location.objectUrl(bucket, at, key),
      runPlain: (operation, send, signal) => this.#caller.runPlain(operation, send, signal),
    })
    this.#identity = new Remembered(() => this.#whoAmI())
  }

  async identity(signal: AbortSignal): Promise<string> {
    return (await this.#knownIdentity(signal)).text
  }

  open(target: Target): TargetDriver {
    const knownIdentity = (signal: AbortSignal) => this.#knownIdentity(signal)
    switch (target.kind) {
      case 'S3Bucket':
        return new S3Bucket(target.bucket, {
          ...this.facts,
          isCustomEndpoint: this.#account.endpoint !== undefined,
          s3: this.#s3,
          kms: this.#kms,
          preflight: this.#preflight,
          identity: knownIdentity,
        })
      case 'IamRole':
        return new IamRole(
          {
            ...this.facts,
            client: this.#iam,
            caller: this.#caller,
            host: hostOf('iam', this.#account),
            identity: knownIdentity,
          },
          target.role,
        )
      case 'KmsKey':
        return new KmsKey(target.keyArn, this.facts.accountId, this.#kms, knownIdentity)
      default:
        throw foreignTarget(target)
    }
  }

  close(): void {
    this.#closing.abort(closed(this.facts.accountId))
    this.#connections.close()
    this.#preflight.close()
  }

  /** Asked once for all who wait. */
  #knownIdentity(signal: AbortSignal): Promise<Identity> {
    return abortable(() => this.#identity.get(), signal)
  }

  #whoAmI(): Promise<Identity> {
    const call = this.#stsCall('GetCallerIdentity')
    return whoAmI(this.#sts, this.#caller, call, this.#account.endpoint !== undefined, this.#closing.signal)
  }

  readonly #runLoading: RunLoading = (operation, load) => {
    const call = this.#stsCall(operation)
    return operation === 'AssumeRole'
      ? this.#caller.run(call, load, this.#closing.signal)
      : load().catch((error: unknown) => {
          throw toFaultError(error, call) ?? error
        })
  }

  #stsCall(operation: AwsCall['operation']): AwsCall {
    const { accountId, region, assumeRole } = this.#account
    const call = {
      service: 'sts',
      operation,
      host: hostOf('sts', this.#account),
      accountId,
      region,
      identity: 'the given credentials',
    } as const
    return assumeRole === undefined ? call : { ...call, roleArn: assumeRole.roleArn }
  }
}

/** For people: who is asked. IAM has one address for a whole partition, which its SDK knows. */
function hostOf(service: 'iam' | 'sts', { region, endpoint }: AwsAccountSpec): string {
  if (endpoint !== undefined) return new URL(endpoint).host
  return service === 'iam' ? `iam.${dnsSuffixOf(region)}` : `sts.${region}.${dnsSuffixOf(region)}`
}

/** For a pass that still holds the session when its account or credentials have changed. */
function closed(accountId: string): FaultError {
  return new FaultError({
    reason: 'CloudUnavailable',
    message: `the session with AWS account ${accountId} was closed because its CloudAccount or credentials changed. It is tried again by itself.`,
    retry: retryOf('CloudUnavailable'),
  })
}
