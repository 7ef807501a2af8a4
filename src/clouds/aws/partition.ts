interface Partition {
  readonly name: string
  readonly region: RegExp
  readonly dnsSuffix: string
}

/**
 * AWS' partitions by the form of their regions; the last row is the usual one.
 * https://docs.aws.amazon.com/general/latest/gr/rande.html and partitions.json of the AWS SDKs
 */
const PARTITIONS: readonly Partition[] = [
  { name: 'aws-cn', region: /^cn-/, dnsSuffix: 'amazonaws.com.cn' },
  { name: 'aws-us-gov', region: /^us-gov-/, dnsSuffix: 'amazonaws.com' },
  { name: 'aws-iso', region: /^us-iso-/, dnsSuffix: 'c2s.ic.gov' },
  { name: 'aws-iso-b', region: /^us-isob-/, dnsSuffix: 'sc2s.sgov.gov' },
  { name: 'aws-iso-e', region: /^eu-isoe-/, dnsSuffix: 'cloud.adc-e.uk' },
  { name: 'aws-iso-f', region: /^us-isof-/, dnsSuffix: 'csp.hci.ic.gov' },
  { name: 'aws-eusc', region: /^eusc-/, dnsSuffix: 'amazonaws.eu' },
  { name: 'aws', region: /^/, dnsSuffix: 'amazonaws.com' },
]

/** The partition that ARNs of this region name: `aws`, `aws-cn`, `aws-us-gov`, … */
export function partitionOf(region: string): string {
  return row(region).name
}

/** What host names in this region end in: `amazonaws.com`, `amazonaws.com.cn`, … */
export function dnsSuffixOf(region: string): string {
  return row(region).dnsSuffix
}

function row(region: string): Partition {
  const found = PARTITIONS.find((partition) => partition.region.test(region))
  if (found === undefined) throw new Error('the last row matches every region')
  return found
}
