/** What principals may do through Resource Manager and in Graph: as tests say, not by role assignments. */

export interface Rights {
  /** Actions as `Microsoft.Storage/storageAccounts/read`, with `*`; at the scope and below it. */
  allow(clientId: string, scope: string, actions: readonly string[] | 'everything'): void
  /** Wins over what is allowed, at every scope that begins so. */
  deny(clientId: string, actions: readonly string[], scope?: string): void
  /** Takes every `deny` of the principal back. */
  undeny(clientId: string): void
  /** Application permissions of Graph, as `Application.ReadWrite.All`; those from before are gone. */
  allowGraph(clientId: string, permissions: readonly string[]): void
  may(clientId: string, action: string, scope: string): boolean
  graphPermissions(clientId: string): readonly string[]
}

interface Rule {
  readonly scope: string
  readonly actions: readonly string[]
}

export function makeRights(): Rights {
  const allowed = new Map<string, Rule[]>()
  const denied = new Map<string, Rule[]>()
  const graph = new Map<string, readonly string[]>()
  const matches = (rules: readonly Rule[] = [], action: string, scope: string) =>
    rules.some((rule) => isWithin(scope, rule.scope) && rule.actions.some((one) => covers(one, action)))
  return {
    allow: (clientId, scope, actions) =>
      add(allowed, clientId, { scope, actions: actions === 'everything' ? ['*'] : actions }),
    deny: (clientId, actions, scope = '/') => add(denied, clientId, { scope, actions }),
    undeny: (clientId) => denied.delete(clientId),
    allowGraph: (clientId, permissions) => graph.set(clientId, permissions),
    may: (clientId, action, scope) =>
      matches(allowed.get(clientId), action, scope) && !matches(denied.get(clientId), action, scope),
    graphPermissions: (clientId) => graph.get(clientId) ?? [],
  }
}

function add(rules: Map<string, Rule[]>, clientId: string, rule: Rule): void {
  rules.set(clientId, [...(rules.get(clientId) ?? []), rule])
}

/** Scopes are compared without regard to case, part by part. */
export function isWithin(inner: string, outer: string): boolean {
  const parts = (scope: string) => `${scope.toLowerCase().replace(/^\/*|\/*$/g, '')}/`
  return outer === '/' || parts(inner).startsWith(parts(outer))
}

/** `*` stands for any text: https://learn.microsoft.com/en-us/azure/role-based-access-control/role-definitions#actions-format */
export function covers(pattern: string, action: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`, 'i').test(action)
}
