/** Vendors that the API server must refuse, with the words that say field and remedy. */
import {
  ALL_OBJECTS,
  access,
  acting,
  aging,
  allowed,
  coring,
  granting,
  PREFIX,
  policy,
  statement,
  stating,
  trusting,
  vending,
  vendorOf,
} from './crds-objects.ts'
import type { Refusal } from './crds-refused.ts'

const named = (name: string, policyName: string) => ({ ...policy, name, policyName })

export const REFUSED_VENDORS: Readonly<Record<string, Refusal>> = {
  'a vendor without a cloud': {
    object: vendorOf({ access }),
    says: ['spec: Invalid value', 'add at least one of spec.s3, spec.gcs and spec.azureBlob'],
  },
  'a vendor without an access level': {
    object: vending({ access: [] }),
    says: ['spec.access', 'at least 1'],
  },
  'a vendor that grants nothing': {
    object: vendorOf({ access, s3: { nextStep: 'x' } }),
    says: ['spec.s3', 'at least one of bucketPolicy, role and attachToRole'],
  },
  'a principal that is everybody': {
    object: stating({ principal: { aws: ['*'] } }),
    says: ['principal.aws[0]', "name the vendor's account"],
  },
  'a principal with a wildcard': {
    object: stating({ principal: { aws: ['arn:aws:iam::111111111111:role/*'] } }),
    says: ['principal.aws[0]', 'let strangers in'],
  },
  'a retiring principal that is everybody': {
    object: stating({ principal: { aws: ['111111111111'], retiring: [{ aws: '*' }] } }),
    says: ['principal.retiring[0].aws', 'let strangers in'],
  },
  'a principal that is nobody': {
    object: stating({ principal: {} }),
    says: ['principal', 'never allows everybody'],
  },
  'a principal that is a name': {
    object: stating({ principal: { aws: ['segmentsai-prod-user'] } }),
    says: ['principal.aws[0]', 'a 12-digit account ID, an ARN'],
  },
  'every action': {
    object: stating({ actions: ['*'] }),
    says: ['actions[0]', 'name what the vendor needs'],
  },
  'every action of S3': {
    object: stating({ actions: ['s3:*'] }),
    says: ['actions[0]', 'would give it the bucket'],
  },
  'a resource that leaves the prefix': {
    object: stating({ resources: [ALL_OBJECTS] }),
    says: ['resources[0]', 'objects below the prefix'],
  },
  'two statements of one name, which would share a mark': {
    object: vendorOf({ access, s3: { bucketPolicy: { statements: [statement, statement] } } }),
    says: ['statements[1]', 'Duplicate value'],
  },
  'a statement whose name does not fit a mark': {
    object: stating({ name: 'Read Objects' }),
    says: ['statements[0].name', 'lowercase letters'],
  },
  'an access level that is not declared': {
    object: stating({ access: ['Write'] }),
    says: ['spec.s3.bucketPolicy.statements', 'declare it there, or correct the name'],
  },
  'a condition on a parameter that is not declared': {
    object: stating({ when: { parameter: 'feature', given: true } }),
    says: ['spec.s3.bucketPolicy.statements', 'declare it there, or correct the name'],
  },
  'a condition on a parameter that does not say which': {
    object: stating(
      { when: { parameter: 'feature' } },
      { parameters: [{ name: 'feature', description: 'X.', source: 'CustomerGiven', required: false }] },
    ),
    says: ['when', 'exactly one of when.values, when.exceptValues and when.given'],
  },
  'a condition on a parameter that says both which and which not': {
    object: stating(
      { when: { parameter: 'feature', values: ['On'], exceptValues: ['Off'] } },
      { parameters: [{ name: 'feature', description: 'X.', source: 'CustomerGiven', required: false }] },
    ),
    says: ['when', 'exactly one of when.values, when.exceptValues and when.given'],
  },
  'a condition that excepts values of no parameter': {
    object: stating({ when: { exceptValues: ['Off'], partitions: ['aws'] } }),
    says: ['when', 'they need when.parameter'],
  },
  'a parameter with a dash': {
    object: vending({
      parameters: [{ name: 'external-id', description: 'X.', source: 'VendorGiven', required: true }],
    }),
    says: ['spec.parameters[0].name', 'write externalId'],
  },
  'a parameter from nowhere': {
    object: vending({ parameters: [{ name: 'a', description: 'X.', source: 'Vendor', required: true }] }),
    says: ['spec.parameters[0].source', '"VendorGiven", "CustomerGiven", "Generated"'],
  },
  'a pattern without words for people': {
    object: vending({
      parameters: [
        { name: 'a', description: 'X.', source: 'VendorGiven', required: true, pattern: '[0-9a-f]{32}' },
      ],
    }),
    says: ['spec.parameters[0]', 'say in patternMessage'],
  },
  'a preflight by a method that the rule does not allow': {
    object: coring({ preflight: { origin: 'https://a.example', method: 'PUT' } }),
    says: ['preflight.method', 'not one of allowedMethods'],
  },
  'a preflight from an origin that cannot exist': {
    object: coring({ preflight: { origin: 'https://*.a.example', method: 'GET' } }),
    says: ['preflight.origin', "without '*'"],
  },
  'an origin with a path': {
    object: coring({ allowedOrigins: ['https://a.example/app'] }),
    says: ['allowedOrigins[0]', 'without a path'],
  },
  'an origin with two stars, which S3 refuses': {
    object: coring({ allowedOrigins: ['https://*.*.example'] }),
    says: ['allowedOrigins[0]', "at most one '*'"],
  },
  'a lifecycle rule that does nothing': {
    object: aging({ prefix: 'temp/' }),
    says: ['rules[0]', 'does nothing'],
  },
  "a lifecycle rule that deletes the customer's own objects": {
    object: aging({ prefix: PREFIX, expirationDays: 7 }),
    says: ['rules[0].expirationDays', 'give a prefix that only the vendor writes to'],
  },
  'a lifecycle rule that deletes everything': {
    object: aging({ expirationDays: 7 }),
    says: ['rules[0].expirationDays', "customer's own objects"],
  },
  'a role that anybody of the vendor may assume for anybody': {
    object: trusting({ principal: { aws: ['111111111111'] } }),
    says: ['trust.statements[0]', 'externalIds against the confused deputy'],
  },
  'an external ID that fits any': {
    object: trusting({ principal: { aws: ['111111111111'] }, externalIds: ['**'] }),
    says: ['externalIds[0]', 'give it whole'],
  },
  'a role that may do nothing': {
    object: acting({}),
    says: ['spec.s3.role', 'give it inlinePolicies, customerPolicies or managedPolicies'],
  },
  'a policy name that IAM refuses': {
    object: acting({ inlinePolicies: [{ ...policy, policyName: 'External Access' }] }),
    says: ['inlinePolicies[0].policyName', 'letters, digits and _+=,.@-'],
  },
  'a customer-managed policy name that IAM refuses': {
    object: acting({ customerPolicies: [{ ...policy, policyName: 'a/b' }] }),
    says: ['customerPolicies[0].policyName', 'letters, digits and _+=,.@-'],
  },
  'a policy name that is too long': {
    object: acting({ customerPolicies: [{ ...policy, policyName: 'a'.repeat(129) }] }),
    says: ['customerPolicies[0].policyName', '128'],
  },
  'two inline policies of one name, of which one would overwrite the other': {
    object: acting({ inlinePolicies: [named('a', 'Access'), named('b', 'Access')] }),
    says: ['spec.s3.role.inlinePolicies', 'the same policyName'],
  },
  'two customer-managed policies whose names differ in case only, which IAM takes for one': {
    object: acting({ customerPolicies: [named('a', 'Access'), named('b', 'access')] }),
    says: ['spec.s3.role.customerPolicies', 'the same policyName'],
  },
  'a customer-managed policy without a statement': {
    object: acting({ customerPolicies: [{ ...policy, statements: [] }] }),
    says: ['customerPolicies[0].statements', 'at least 1'],
  },
  'a customer-managed policy that may do everything': {
    object: acting({ customerPolicies: [{ ...policy, statements: [{ ...allowed, actions: ['s3:*'] }] }] }),
    says: ['customerPolicies[0].statements[0].actions[0]', "'*' and service:* are refused"],
  },
  'a customer-managed policy at an access level that is not declared': {
    object: acting({ customerPolicies: [{ ...policy, statements: [{ ...allowed, access: ['Write'] }] }] }),
    says: ['spec.s3.role.customerPolicies', 'declare it there, or correct the name'],
  },
  'a customer-managed policy on a parameter that is not declared': {
    object: acting({
      customerPolicies: [
        { ...policy, statements: [{ ...allowed, when: { parameter: 'feature', exceptValues: ['Off'] } }] },
      ],
    }),
    says: ['spec.s3.role.customerPolicies', 'declare it there, or correct the name'],
  },
  'a web identity of everybody': {
    object: trusting({ webIdentity: { issuer: 'i.example', audiences: ['a'], subjects: ['*'] } }),
    says: ['subjects[0]', "name the vendor's subject"],
  },
  'a trust in nobody': {
    object: trusting({}),
    says: ['trust.statements[0]', 'exactly one of principal and webIdentity'],
  },
  'a grant to all users': {
    object: granting({ member: 'allUsers', role: 'roles/storage.objectViewer' }),
    says: ['spec.gcs.grants[0].member', 'never allUsers'],
  },
  'a grant of a custom role that is not declared': {
    object: granting({ member: 'serviceAccount:a@b.example', customRole: 'read' }),
    says: ['spec.gcs.grants', 'does not declare'],
  },
  'an Azure application by name': {
    object: vendorOf({
      access,
      azureBlob: {
        application: { clientId: 'Segments.ai' },
        roleAssignments: [
          {
            name: 'read',
            roleDefinitionId: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
            roleName: 'Storage Blob Data Reader',
            scope: 'Container',
          },
        ],
      },
    }),
    says: ['spec.azureBlob.application.clientId', 'copy the ID, not the name'],
  },
}
