/** A parent for process.test.ts: starts a child that would run for long, then ends as it is told on stdin. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { launch } from './process.ts'

const [folder, name] = process.argv.slice(2) as [string, string]
const logFile = join(folder, `${name}.log`)
const { pid } = await launch({ name, command: 'sleep', args: ['1000'], env: process.env, logFile })
writeFileSync(join(folder, `${name}.pid`), String(pid))
if ((await text(process.stdin)) === 'a crash') throw new Error('as told')
