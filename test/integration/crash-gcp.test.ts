/** The operator dies before and after every step of its work on Google Cloud; the next one ends it, and nothing foreign is lost. */
import { gcpToDieIn } from './crash-gcp.ts'
import { GCP_CRASH_POINTS } from './crash-points.ts'
import { crashTests } from './crash-tests.ts'

crashTests('Google Cloud', GCP_CRASH_POINTS, gcpToDieIn)
