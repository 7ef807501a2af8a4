/** How a vendor's application comes into a customer's tenant. */
export type Installation = 'ServicePrincipal' | 'AdminConsent' | 'Existing'

/** What is known of an application that has no service principal in the tenant. */
export interface MissingApplication {
  readonly clientId: string
  readonly tenantId: string
  /** Base URL of the cloud's sign-in. */
  readonly authority: string
  readonly installation: Installation
  /** Whether the account lets Mooring bring in applications that may come in this way. */
  readonly isCreated: boolean
  /** Page of the vendor's own on which an administrator agrees. */
  readonly consentUrl?: string | undefined
}

/**
 * One sentence, without a full stop: what is awaited, and what an administrator does.
 * https://learn.microsoft.com/entra/identity/enterprise-apps/create-service-principal-cross-tenant,
 * https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent#construct-the-url-for-granting-tenant-wide-admin-consent
 */
export function consentSentence(missing: MissingApplication): string {
  const { clientId, tenantId, authority, installation, isCreated, consentUrl } = missing
  const what = `application ${clientId} has no service principal in tenant ${tenantId} yet`
  const page = consentUrl ?? `${authority}/${tenantId}/adminconsent?client_id=${clientId}`
  const later = 'It may take hours to appear; it is looked for again by itself'
  if (installation === 'Existing')
    return `${what}, and by the vendor's recipe it is there before: check that it is the right application and the right tenant. ${later}`
  if (installation === 'AdminConsent')
    return `${what}. Let an administrator of the tenant agree at ${page}. ${later}`
  if (isCreated)
    return `${what}; it is being created (spec.azure.createServicePrincipals), and may take some minutes until it is known everywhere`
  return `${what}. Let an administrator of the tenant run: az ad sp create --id ${clientId}; or open ${page}. ${later}`
}
