/** Answers that no cloud gives: what stands between a cloud and us may, and none of it may be taken for a document. */
import { gzipSync } from 'node:zlib'
import type { Fate, ProxiedAnswer } from '../rig/http-proxy.ts'

export interface Garbage {
  readonly name: string
  of(answer: ProxiedAnswer): Fate
}

const HTML =
  '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Accept the terms<br></body></html>'
const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html; charset=utf-8' }
const xml = { 'content-type': 'application/xml' }

const fixed = (
  name: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): Garbage => ({ name, of: () => ({ do: 'answer', status, headers, body }) })

/** What a success says its body is, so that nothing but the body is wrong. */
const typeOf = ({ headers }: ProxiedAnswer): Record<string, string> => ({
  'content-type': headers['content-type'] ?? 'application/octet-stream',
})

const inItsType = (name: string, body: (answer: ProxiedAnswer) => string | Buffer): Garbage => ({
  name,
  of: (answer) => ({ do: 'answer', status: 200, headers: typeOf(answer), body: body(answer) }),
})

/** With the status of a success. */
export const FALSE_SUCCESSES: readonly Garbage[] = [
  inItsType('an empty 200', () => ''),
  fixed('an empty 204', 204, {}, ''),
  inItsType('a blank 200', () => ' \n'),
  inItsType('{}', () => '{}'),
  inItsType('[]', () => '[]'),
  inItsType('null', () => 'null'),
  inItsType('a text', () => '"ok"'),
  fixed('{} as JSON', 200, json, '{}'),
  fixed('a page', 200, html, HTML),
  inItsType('a page that says it is the document', () => HTML),
  inItsType('an empty page', () => '<html/>'),
  fixed('an empty page as XML', 200, xml, '<?xml version="1.0"?><html></html>'),
  inItsType('half of the document', ({ body }) => body.subarray(0, Math.floor(body.length / 2))),
  {
    name: 'half of the document as gzip',
    of: ({ body, headers }) => ({
      do: 'answer',
      status: 200,
      headers: { ...typeOf({ body, headers, status: 200 }), 'content-encoding': 'gzip' },
      body: gzipSync(body).subarray(0, 30),
    }),
  },
  {
    name: 'noise as gzip',
    of: (answer) => ({
      do: 'answer',
      status: 200,
      headers: { ...typeOf(answer), 'content-encoding': 'gzip' },
      body: Buffer.from('1f8b0800deadbeef', 'hex'),
    }),
  },
  fixed('an error in a 200', 200, json, '{"error":{"code":404,"status":"NOT_FOUND","message":"not found"}}'),
]

/** Those that say nothing at all, `{}` first. */
export const SHORT_SUCCESSES: readonly Garbage[] = FALSE_SUCCESSES.filter(({ name }) =>
  ['{}', 'an empty 200', 'null'].includes(name),
).sort((one) => (one.name === '{}' ? -1 : 1))

/** With the status of a failure, and nobody of the cloud's own words: a page of something on the way. */
export const FALSE_FAILURES: readonly Garbage[] = [
  fixed('an empty 500', 500, {}, ''),
  fixed('a page with 500', 500, html, HTML),
  fixed('{} with 500', 500, json, '{}'),
  fixed('a page with 502', 502, html, HTML),
  fixed('a page with 404', 404, html, HTML),
  fixed('an empty 404', 404, {}, ''),
  fixed('{} with 404', 404, json, '{}'),
  fixed('a page with 410', 410, html, HTML),
]
