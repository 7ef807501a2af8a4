/** What is known of an application that has no service principal in the tenant. */
export interface MissingApplication {
  readonly clientId: string
  readonly tenantId: string
  /** Base URL of the cloud's sign-in. */
  readonly authority: string
  /** Whether Mooring may bring it in. */
  readonly isCreated: boolean
}

/**
 * One sentence, without a full stop: what is awaited, and what an administrator does.
 * https://learn.microsoft.com/entra/identity/enterprise-apps/create-service-principal-cross-tenant,
 * https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent#construct-the-url-for-granting-tenant-wide-admin-consent
 */
export function consentSentence({ clientId, tenantId, authority, isCreated }: MissingApplication): string {
  const what = `application ${clientId} has no service principal in tenant ${tenantId} yet`
  if (isCreated)
    return `${what}; it is being created (spec.azure.createServicePrincipals), and may take some minutes until it is known everywhere`
  return `${what}. Let an administrator of the tenant run: az ad sp create --id ${clientId}; or open ${authority}/${tenantId}/adminconsent?client_id=${clientId}. It may take hours to appear; it is looked for again by itself`
}
