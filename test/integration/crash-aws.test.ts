/** The operator dies before and after every step of its work on AWS; the next one ends it, and nothing foreign is lost. */
import { awsToDieIn } from './crash-aws.ts'
import { AWS_CRASH_POINTS } from './crash-points.ts'
import { crashTests } from './crash-tests.ts'

crashTests('AWS', AWS_CRASH_POINTS, awsToDieIn)
