import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import { parseKeyFile } from './key-file.ts'

const KEY = {
  type: 'service_account',
  project_id: 'perception-prod',
  private_key_id: 'abc',
  private_key: '-----BEGIN PRIVATE KEY-----\nMIIEvSECRET\n-----END PRIVATE KEY-----\n',
  client_email: 'mooring@perception-prod.iam.gserviceaccount.com',
  token_uri: 'https://oauth2.googleapis.com/token',
}
const AUDIENCE =
  '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/pool/providers/k8s'
const FEDERATION = {
  type: 'external_account',
  audience: AUDIENCE,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: { file: '/var/run/service-account/token' },
}
const IMPERSONATION =
  'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/mooring@p.iam.gserviceaccount.com:generateAccessToken'
const source = (credential_source: object) => ({ ...FEDERATION, credential_source })
const AWS = {
  environment_id: 'aws1',
  region_url: 'http://169.254.169.254/latest/meta-data/placement/availability-zone',
  url: 'http://169.254.169.254/latest/meta-data/iam/security-credentials',
  imdsv2_session_token_url: 'http://169.254.169.254/latest/api/token',
  regional_cred_verification_url:
    'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
}

describe('credentials.json', () => {
  it('may be a key of a service account', () => {
    assert.deepEqual(parseKeyFile(JSON.stringify(KEY)), {
      type: 'service_account',
      email: KEY.client_email,
      privateKey: KEY.private_key,
      privateKeyId: 'abc',
      tokenUri: KEY.token_uri,
    })
  })

  const accepted: readonly (readonly [string, object])[] = [
    ['a key without a token address', { ...KEY, token_uri: undefined }],
    [
      'a key with the older token address',
      { ...KEY, token_uri: 'https://accounts.google.com/o/oauth2/token' },
    ],
    ['a key of an emulator', { ...KEY, token_uri: 'http://127.0.0.1:8080/token' }],
    ['federation by a file', FEDERATION],
    [
      'federation in one region',
      { ...FEDERATION, token_url: 'https://sts.us-east1.googleapis.com/v1/token' },
    ],
    ['federation on AWS', source(AWS)],
    ['federation on Azure', source({ url: 'http://169.254.169.254/metadata/identity/oauth2/token' })],
  ]
  for (const [name, file] of accepted)
    it(`may be ${name}`, () => assert.doesNotThrow(() => parseKeyFile(JSON.stringify(file))))

  it('says who federation becomes', () => {
    const of = (file: object) => {
      const parsed = parseKeyFile(JSON.stringify(file))
      return parsed.type === 'external_account' ? parsed.identity : undefined
    }
    const named = { ...FEDERATION, service_account_impersonation_url: IMPERSONATION }
    assert.equal(of(named), 'mooring@p.iam.gserviceaccount.com')
    assert.equal(of(FEDERATION), `a workload of ${AUDIENCE}`)
  })

  const evil = 'https://evil.example/token'
  const refused: readonly (readonly [string, object | string, RegExp])[] = [
    ['is no JSON', 'MIIEvSECRET', /not a JSON object/],
    ['is a list', '["MIIEvSECRET"]', /not a JSON object/],
    ['is of another type', { ...KEY, type: 'authorized_user' }, /neither service_account nor/],
    ['has no e-mail', { ...KEY, client_email: '' }, /no client_email/],
    ['has no key', { ...KEY, private_key: undefined }, /no private_key/],
    ['is of another universe', { ...KEY, universe_domain: 'evil.example' }, /universe_domain/],
    ['sends assertions elsewhere', { ...KEY, token_uri: evil }, /token_uri/],
    ['sends them unencrypted', { ...KEY, token_uri: 'http://oauth2.googleapis.com/token' }, /token_uri/],
    ['hides the host', { ...KEY, token_uri: 'https://oauth2.googleapis.com@evil.example/' }, /token_uri/],
    [
      'looks like the host',
      { ...KEY, token_uri: 'https://oauth2.googleapis.com.evil.example/' },
      /token_uri/,
    ],
    ['looks like this machine', { ...KEY, token_uri: 'http://127.0.0.1.evil.example/' }, /token_uri/],
    ['hides behind this machine', { ...KEY, token_uri: 'http://localhost@evil.example/' }, /token_uri/],
    ['has a token address that is none', { ...KEY, token_uri: 7 }, /token_uri/],
    ['exchanges elsewhere', { ...FEDERATION, token_url: evil }, /token_url/],
    ['asks about tokens elsewhere', { ...FEDERATION, token_info_url: evil }, /token_info_url/],
    [
      'becomes somebody elsewhere',
      { ...FEDERATION, service_account_impersonation_url: evil },
      /service_account_impersonation_url/,
    ],
    ['has no audience', { ...FEDERATION, audience: undefined }, /audience/],
    ['has no source', { ...FEDERATION, credential_source: undefined }, /no credential_source/],
    ['has an empty source', source({}), /neither file nor url/],
    ['runs a program', source({ executable: { command: '/bin/sh' } }), /executable/],
    ['runs a program beside a file', source({ file: '/a/token', executable: {} }), /executable/],
    ['uses a certificate', source({ certificate: {} }), /certificate/],
    ['asks any address', source({ url: 'http://10.0.0.1/' }), /metadata server/],
    ['asks an address of this machine', source({ url: 'http://127.0.0.1:8080/' }), /metadata server/],
    ['asks any address for the region', source({ ...AWS, region_url: evil }), /metadata server/],
    ['proves itself elsewhere', source({ ...AWS, regional_cred_verification_url: evil }), /AWS STS/],
    [
      'reads the operator’s own token',
      source({ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' }),
      /not a token/,
    ],
    [
      'reads it by its other name',
      source({ file: '/run/secrets/kubernetes.io/serviceaccount/token' }),
      /not a token/,
    ],
    ['reads what a process has', source({ file: '/proc/self/environ' }), /not a token/],
    ['reads by a detour', source({ file: '/var/run/x/../secrets/kubernetes.io/a' }), /not a token/],
    ['reads by a double slash', source({ file: '/var/run//secrets/kubernetes.io/a' }), /not a token/],
    ['reads from where it stands', source({ file: 'token' }), /not a token/],
  ]
  for (const [name, file, why] of refused) {
    it(`is refused when it ${name}, and nothing of it is told`, () => {
      const text = typeof file === 'string' ? file : JSON.stringify(file)
      assert.throws(
        () => parseKeyFile(text),
        (error) => {
          assert.ok(error instanceof FaultError)
          assert.equal(error.fault.reason, 'CredentialsRejected')
          assert.match(error.message, why)
          assert.doesNotMatch(error.message, /SECRET|evil/)
          return true
        },
      )
    })
  }
})
