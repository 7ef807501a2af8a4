/** The operator dies before and after every step of its work on Azure; the next one ends it, and nothing foreign is lost. */
import { azureToDieIn } from './crash-azure.ts'
import { AZURE_CRASH_POINTS } from './crash-points.ts'
import { crashTests } from './crash-tests.ts'

crashTests('Azure', AZURE_CRASH_POINTS, azureToDieIn)
