import { covers, overlap } from './grant-pattern.ts'
import { type Statement, textsOf } from './statement.ts'

/** How much of something a statement takes in. */
export type Extent = 'All' | 'Part' | 'None'

/** One action on one resource that is granted; both may be patterns. */
export interface Access {
  readonly action: string
  readonly resource: string
}

/**
 * The pairs of what is granted that mean something to S3: actions on buckets with bucket ARNs, actions on objects with
 * object ARNs. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function accessesOf(actions: readonly string[], resources: readonly string[]): Access[] {
  return actions
    .filter((action) => overlap('s3:*', action.toLowerCase()))
    .flatMap((action) =>
      resources
        .filter((resource) => isObject(resource) === undefined || onObjects(action) !== !isObject(resource))
        .map((resource) => ({ action, resource })),
    )
}

/** How much of the access the statement's actions and resources take in. */
export function extentOf(statement: Statement, { action, resource }: Access): Extent {
  const inActions = actionExtent(statement, action)
  const inResources = resourceExtent(statement, resource)
  if (inActions === 'None' || inResources === 'None') return 'None'
  return inActions === 'All' && inResources === 'All' ? 'All' : 'Part'
}

/** Action names ignore case. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
export function actionExtent({ Action, NotAction }: Statement, action: string): Extent {
  const lower = (text: string): string => text.toLowerCase()
  if (Action !== undefined) return within(textsOf(Action).map(lower), lower(action))
  return NotAction === undefined ? 'None' : outside(textsOf(NotAction).map(lower), lower(action))
}

function resourceExtent({ Resource, NotResource }: Statement, resource: string): Extent {
  if (Resource !== undefined) return within(textsOf(Resource).map(loosened), resource)
  return NotResource === undefined ? 'None' : outside(textsOf(NotResource), resource)
}

function within(patterns: readonly string[], text: string): Extent {
  if (patterns.some((pattern) => covers(pattern, text))) return 'All'
  return patterns.some((pattern) => overlap(pattern, text)) ? 'Part' : 'None'
}

function outside(patterns: readonly string[], text: string): Extent {
  if (patterns.some((pattern) => covers(pattern, text))) return 'None'
  return patterns.some((pattern) => overlap(pattern, text)) ? 'Part' : 'All'
}

/** A policy variable stands for a text that is not known here: it may be any. */
function loosened(pattern: string): string {
  return pattern.replace(/\$\{[^}]*\}/g, '*')
}

/** True for an ARN of objects, false for a bucket's, undefined where it may be either. */
function isObject(resource: string): boolean | undefined {
  const slash = resource.indexOf('/')
  const star = resource.indexOf('*')
  if (slash >= 0 && (star < 0 || slash < star)) return true
  return star < 0 ? false : undefined
}

/** True for actions on objects, false for those on buckets, undefined for patterns. */
function onObjects(action: string): boolean | undefined {
  const name = action.toLowerCase()
  if (/[*?]/.test(name)) return undefined
  if (/^s3:(?:replicate|bypassgovernance|objectowner)/.test(name)) return true
  return /object|multipartupload/.test(name) && !/bucket/.test(name)
}
