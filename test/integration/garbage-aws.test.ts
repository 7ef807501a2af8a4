/**
 * Answers that are none of AWS’s (a sign-in page, an empty 200, half a document, `{}`) in the place of every request that
 * a driver makes: it says that it could not read, or has read the truth. Taken for "nothing there", such an answer would
 * cost strangers their entries, or leave ours behind.
 */
import { garbageTests } from './garbage-bench.ts'
import { awsScenes } from './garbage-scenes.ts'

garbageTests('AWS', awsScenes)
