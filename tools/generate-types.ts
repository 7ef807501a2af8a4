/**
 * Writes the TypeScript types of Mooring's own kinds from the CRDs:
 *
 *   npm run generate            crds/*.yaml → src/api/generated/*.ts
 *
 * The CRDs are the source. What TypeScript needs beyond them, the names of nested types, stands in `KINDS` below.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { compile } from 'json-schema-to-typescript'
import { parse } from 'yaml'

interface Kind {
  readonly kind: string
  readonly crd: string
  readonly file: string
  /**
   * Names of nested types by where they stand: a path from the root (`[]` steps into a list), or `**.name` for every
   * field of that name. A name may stand for several places if their schemas are equal.
   */
  readonly names: Readonly<Record<string, string>>
}

const CONDITIONS = { 'status.conditions[]': 'Condition' }

export const KINDS: readonly Kind[] = [
  {
    kind: 'StorageIntegration',
    crd: 'crds/mooring.dev_storageintegrations.yaml',
    file: 'src/api/generated/storage-integration.ts',
    names: {
      spec: 'StorageIntegrationSpec',
      'spec.s3': 'S3Location',
      'spec.gcs': 'GcsLocation',
      'spec.azureBlob': 'AzureBlobLocation',
      'spec.parametersFrom[]': 'ParameterFrom',
      'spec.parametersFrom[].secretKeyRef': 'SecretKeyRef',
      status: 'StorageIntegrationStatus',
      ...CONDITIONS,
      'status.plan': 'StatusPlan',
      'status.plan.changes[]': 'StatusChange',
      'status.checks[]': 'StatusCheck',
    },
  },
  {
    kind: 'StorageVendor',
    crd: 'crds/mooring.dev_storagevendors.yaml',
    file: 'src/api/generated/storage-vendor.ts',
    names: {
      spec: 'StorageVendorSpec',
      'spec.documentation': 'VendorDocumentation',
      'spec.documentation.sources[]': 'VendorSource',
      'spec.access[]': 'VendorAccessLevel',
      'spec.parameters[]': 'VendorParameter',
      '**.when': 'VendorWhen',
      '**.principal': 'VendorPrincipal',
      '**.retiring[]': 'VendorRetiringPrincipal',
      '**.conditions[]': 'VendorPolicyCondition',
      '**.inlinePolicies[]': 'VendorInlinePolicy',
      '**.inlinePolicies[].statements[]': 'VendorRoleStatement',
      '**.lifecycle': 'VendorLifecycle',
      '**.lifecycle.rules[]': 'VendorLifecycleRule',
      '**.preflight': 'VendorPreflight',
      '**.proofObjects[]': 'VendorProofObject',
      '**.verification': 'VendorVerification',
      '**.outputs[]': 'VendorOutput',
      'spec.s3': 'VendorS3',
      'spec.s3.requirements': 'VendorS3Requirements',
      'spec.s3.bucketPolicy': 'VendorBucketPolicy',
      'spec.s3.bucketPolicy.statements[]': 'VendorStatement',
      'spec.s3.role': 'VendorRole',
      'spec.s3.role.name': 'VendorRoleName',
      'spec.s3.role.trust': 'VendorTrust',
      'spec.s3.role.trust.statements[]': 'VendorTrustStatement',
      'spec.s3.role.trust.statements[].webIdentity': 'VendorWebIdentity',
      'spec.s3.role.customerPolicies[]': 'VendorCustomerPolicy',
      'spec.s3.role.customerPolicies[].statements[]': 'VendorRoleStatement',
      'spec.s3.role.managedPolicies[]': 'VendorManagedPolicy',
      'spec.s3.attachToRole': 'VendorAttachToRole',
      'spec.s3.keyPolicy': 'VendorKeyPolicy',
      'spec.s3.keyPolicy.statements[]': 'VendorKeyStatement',
      'spec.s3.cors': 'VendorCors',
      'spec.s3.cors.rules[]': 'VendorCorsRule',
      'spec.gcs': 'VendorGcs',
      'spec.gcs.requirements': 'VendorGcsRequirements',
      'spec.gcs.customRoles[]': 'VendorCustomRole',
      'spec.gcs.serviceAccount': 'VendorServiceAccount',
      'spec.gcs.serviceAccount.workloadIdentity': 'VendorWorkloadIdentity',
      'spec.gcs.grants[]': 'VendorGrant',
      'spec.gcs.cors': 'VendorGcsCors',
      'spec.gcs.cors.rules[]': 'VendorGcsCorsRule',
      'spec.azureBlob': 'VendorAzureBlob',
      'spec.azureBlob.requirements': 'VendorAzureRequirements',
      'spec.azureBlob.application': 'VendorApplication',
      'spec.azureBlob.roleAssignments[]': 'VendorRoleAssignment',
      'spec.azureBlob.cors': 'VendorAzureCors',
      'spec.azureBlob.cors.rules[]': 'VendorAzureCorsRule',
      status: 'StorageVendorStatus',
      // Named by path, so that it wins over `**.conditions[]`.
      ...CONDITIONS,
    },
  },
  {
    kind: 'CloudAccount',
    crd: 'crds/mooring.dev_cloudaccounts.yaml',
    file: 'src/api/generated/cloud-account.ts',
    names: {
      spec: 'CloudAccountSpec',
      'spec.aws': 'AwsAccount',
      'spec.aws.assumeRole': 'AwsAssumeRole',
      'spec.gcp': 'GcpProject',
      'spec.gcp.endpoints': 'GcpEndpoints',
      'spec.azure': 'AzureSubscription',
      'spec.azure.endpoints': 'AzureEndpoints',
      '**.credentialsSecretRef': 'SecretRef',
      'spec.allow[]': 'AllowRule',
      'spec.allow[].namespaceSelector': 'LabelSelector',
      'spec.allow[].namespaceSelector.matchExpressions[]': 'LabelSelectorRequirement',
      status: 'CloudAccountStatus',
      ...CONDITIONS,
      'status.orphans': 'Orphans',
    },
  },
]

/** The part of a CRD's schema that matters here. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
}

/** The schema of a CRD's only version. */
export const schemaOf = (crdYaml: string): Schema => {
  const crd = parse(crdYaml) as {
    spec: { versions: { schema: { openAPIV3Schema: Schema } }[] }
  }
  const version = crd.spec.versions[0]
  if (version === undefined) throw new Error('the CRD has no version')
  return version.schema.openAPIV3Schema
}

/** JSON Schema as the compiler takes it. */
type JsonSchema = Record<string, unknown>

const TYPED_BY_HAND: Readonly<Record<string, JsonSchema>> = {
  apiVersion: { enum: ['mooring.dev/v1alpha1'] },
  metadata: { tsType: 'ObjectMeta' },
}

const withoutDescription = ({ description: _, ...rest }: JsonSchema): JsonSchema => rest

/** Rebuilds a CRD's schema as JSON Schema with named definitions. */
class Translation {
  readonly definitions: Record<string, JsonSchema> = {}
  readonly unused: Set<string>
  readonly #kind: Kind

  constructor(kind: Kind) {
    this.#kind = kind
    this.unused = new Set(Object.keys(kind.names))
  }

  root(schema: Schema): JsonSchema {
    const body = this.#body(schema, '')
    const properties = body.properties as Record<string, JsonSchema>
    Object.assign(properties, { kind: { enum: [this.#kind.kind] } }, TYPED_BY_HAND)
    return { ...body, required: ['apiVersion', 'kind', 'metadata', 'spec'], definitions: this.definitions }
  }

  #node(schema: Schema, path: string): JsonSchema {
    const body = this.#body(schema, path)
    const name = this.#nameOf(path)
    if (name === undefined) return body
    const known = this.definitions[name]
    if (known !== undefined && !isDeepStrictEqual(withoutDescription(known), withoutDescription(body))) {
      throw new Error(
        `${this.#kind.kind}: ${path} is called ${name}, as is another place with another schema`,
      )
    }
    // What is said of one place only would mislead at the others.
    const alike = known === undefined || known.description === body.description
    this.definitions[name] = alike ? body : withoutDescription(body)
    return { $ref: `#/definitions/${name}` }
  }

  #body(schema: Schema, path: string): JsonSchema {
    const below = (key: string) => (path === '' ? key : `${path}.${key}`)
    return {
      type: schema.type,
      ...(schema.description !== undefined && { description: schema.description }),
      ...(schema.enum !== undefined && { enum: schema.enum }),
      ...(schema.required !== undefined && { required: schema.required }),
      ...(schema.properties !== undefined && {
        properties: Object.fromEntries(
          Object.entries(schema.properties).map(([key, value]) => [key, this.#node(value, below(key))]),
        ),
      }),
      ...(schema.additionalProperties !== undefined && {
        additionalProperties: this.#node(schema.additionalProperties, `${path}{}`),
      }),
      ...(schema.items !== undefined && { items: this.#node(schema.items, `${path}[]`) }),
    }
  }

  /** The name that stands for the whole path, else the one of the longest matching ending. */
  #nameOf(path: string): string | undefined {
    const keys = Object.keys(this.#kind.names)
      .filter((key) => (key.startsWith('**') ? path.endsWith(key.slice(2)) : path === key))
      .sort((a, b) => Number(a.startsWith('**')) - Number(b.startsWith('**')) || b.length - a.length)
    const [key] = keys
    if (key === undefined) return undefined
    this.unused.delete(key)
    return this.#kind.names[key]
  }
}

const banner = (
  kind: Kind,
) => `// Generated by tools/generate-types.ts from ${kind.crd}. Do not edit: run \`npm run generate\`.
import type { ObjectMeta } from '../object-meta.ts'`

/** Objects come from a cache that many passes share, so every field and list is readonly. */
const readonlyFields = (source: string): string =>
  source
    .replace(/^(\s+)(\[k: string\]|[A-Za-z][A-Za-z0-9]*\??): /gm, '$1readonly $2: ')
    .replace(/: (.+)\[\];?$/gm, ': readonly $1[]')

/** The generated file of one kind. */
export const generateTypes = async (kind: Kind, crdYaml: string): Promise<string> => {
  const translation = new Translation(kind)
  const schema = translation.root(schemaOf(crdYaml))
  if (translation.unused.size > 0) {
    throw new Error(`${kind.kind}: no such place in the CRD: ${[...translation.unused].join(', ')}`)
  }
  const source = await compile(schema, kind.kind, {
    additionalProperties: false,
    bannerComment: banner(kind),
    ignoreMinAndMaxItems: true,
    unknownAny: true,
    style: { bracketSpacing: true, semi: false, singleQuote: true, printWidth: 110, trailingComma: 'all' },
  })
  return readonlyFields(source)
}

const main = async (): Promise<void> => {
  const repository = new URL('../', import.meta.url)
  for (const kind of KINDS) {
    const crd = await readFile(new URL(kind.crd, repository), 'utf8')
    await writeFile(new URL(kind.file, repository), await generateTypes(kind, crd))
    process.stdout.write(`${kind.crd} → ${kind.file}\n`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
