/** The Resource Manager for tests (tools/azure-facade). */
import { goProgram } from './go-program.ts'

export function azureFacadeBinary(): Promise<string> {
  return goProgram(
    'azure-facade',
    "Building Azure's fake servers from source (once; about 90 seconds on two cores)",
  )
}
