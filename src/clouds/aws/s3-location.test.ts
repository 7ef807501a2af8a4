import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { partitionOf } from './partition.ts'
import { S3Location } from './s3-location.ts'

describe('where S3 is', () => {
  const urls: readonly (readonly [string, string | undefined, string, string, string])[] = [
    [
      'a bucket of its own host name',
      undefined,
      'clips',
      'eu-west-1',
      'https://clips.s3.eu-west-1.amazonaws.com/k',
    ],
    [
      'by path where the name has dots',
      undefined,
      'a.b',
      'us-east-1',
      'https://s3.us-east-1.amazonaws.com/a.b/k',
    ],
    [
      'China has its own names',
      undefined,
      'clips',
      'cn-north-1',
      'https://clips.s3.cn-north-1.amazonaws.com.cn/k',
    ],
    [
      'a custom endpoint is addressed by path',
      'http://127.0.0.1:9000',
      'clips',
      'x',
      'http://127.0.0.1:9000/clips/k',
    ],
    [
      'an endpoint may have a path',
      'https://store.example/s3/',
      'clips',
      'x',
      'https://store.example/s3/clips/k',
    ],
  ]
  for (const [name, endpoint, bucket, region, url] of urls) {
    it(name, () => assert.equal(new S3Location('eu-west-1', endpoint).objectUrl(bucket, region, 'k'), url))
  }

  const partitions: readonly (readonly [string, string])[] = [
    ['eu-west-1', 'aws'],
    ['cn-northwest-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['auto', 'aws'],
  ]
  for (const [region, partition] of partitions) {
    it(`${region} is of partition ${partition}`, () => assert.equal(partitionOf(region), partition))
  }
})
