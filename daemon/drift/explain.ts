/** The paragraph of a finding about the configuration: what happened, why it matters, what to do. Pure. */
import { UNKNOWN } from '../../shared/clients/unknown.ts'
import type { ChangedField, KnownEntry, ServerChange } from '../../shared/model/drift.ts'
import { stripControl } from '../../shared/text/control.ts'
import { truncate } from '../../shared/text/truncate.ts'
import { summaryOf } from './compare.ts'
import { type Arrived, clientOf, lengthOf } from './spread.ts'

const MAX_NAME = 80
const MAX_PATH = 200
const MAX_LISTED = 6
const MINUTE_MS = 60_000

const RUNS =
  'Whatever a client’s configuration declares runs with all your rights as soon as the client starts.'
const TOLD =
  'Whatever the client tells this server goes there, and it takes what comes back for the server’s word.'
const UNDO =
  'If this was not you, put it right before the client starts again, and find out what wrote it.'

export function explainChange(change: ServerChange, entry: KnownEntry): string {
  const who = `The server ${nameOf(entry)} of ${clientWords(entry)}`
  const where = `in ${pathOf(entry)}`
  switch (change.kind) {
    case 'added': {
      const isRun = entry.print.transport === 'stdio'
      if (!isRun) return `${who} was added ${where}.${placeOf(entry)} ${TOLD} ${UNDO}`
      const what = change.to === null ? '' : ` It runs ${quoted(change.to)}.`
      return `${who} was added ${where}.${what} ${RUNS} ${UNDO}`
    }
    case 'removed':
      return [
        `${who} was taken out of its configuration, ${where}.`,
        entry.print.transport === 'stdio'
          ? 'A running copy of it goes on until somebody ends it, as a rule its client.'
          : 'Its client may go on talking to it until it is started again.',
        'If this was not you, find out what edits that file: it could as well put something in.',
      ].join(' ')
    case 'changed':
      return `${who} ${changeWords(change)}, ${where}. ${reasonOf(change.field)} ${UNDO}`
  }
}

function placeOf({ print: { url } }: KnownEntry): string {
  return url === null ? '' : ` Its client is to talk to ${quoted(url)}.`
}

function changeWords({ field, from, to }: ServerChange): string {
  const between = from === to ? ' (another of that name)' : ` from ${quoted(from)} to ${quoted(to)}`
  switch (field) {
    case 'command':
      return `runs something else now: its command was changed${between}`
    case 'package':
      return `runs something else now: its package was changed${between}`
    case 'url':
      return `is now reached elsewhere: its address was changed${between}`
    case 'version':
      return `had its version changed${between}`
    case 'switch':
      return `was switched ${to === 'off' ? 'off' : 'on'}`
    case 'arguments':
    case null:
      return 'is started with other arguments now'
  }
}

function reasonOf(field: ChangedField | null): string {
  switch (field) {
    case 'command':
    case 'package':
    case 'version':
      return RUNS
    case 'url':
      return TOLD
    case 'switch':
      return 'A server that is off does nothing; one that is on runs with all your rights.'
    case 'arguments':
    case null:
      return 'Arguments decide what a server may reach, such as the folders that it is given; they are not recorded.'
  }
}

/** One server that came to several clients. */
export function explainSpread(group: readonly [Arrived, ...Arrived[]]): string {
  const [first] = group
  const names = new Set(group.map(({ name }) => name))
  const what =
    names.size === 1
      ? `The same new server ${nameOf(first)}`
      : 'The same new server, by several names,'
  const runs = summaryOf(first.print)
  const shown = group.slice(0, MAX_LISTED).map((entry) => {
    const alias = names.size === 1 ? '' : ` as ${nameOf(entry)}`
    return `${clientWords(entry)}${alias} (${pathOf(entry)})`
  })
  const more = group.length - shown.length
  if (more > 0) shown.push(`${more} more`)
  return [
    `${what} appeared in the configurations of ${countOf(group)} clients ${timeWords(group)}: ${shown.join(', ')}.`,
    ...(runs === null ? [] : [`It runs ${quoted(runs)}.`]),
    'A program that wants to stay, and to be started by whatever you start next, writes itself into every client that it finds.',
    'If you gave one server to all of them, by hand or with a tool, nothing has to be done.',
    'If not, do not start those clients: take it out of each file, find out what wrote it and what it runs, and change the keys that were within its reach.',
  ].join(' ')
}

function countOf(group: readonly Arrived[]): number {
  return new Set(group.map(clientOf)).size
}

function timeWords(group: readonly Arrived[]): string {
  const length = lengthOf(group)
  if (length === null) return 'while nothing was watched'
  const minutes = Math.max(1, Math.ceil(length / MINUTE_MS))
  return `within ${minutes === 1 ? 'a minute' : `${minutes} minutes`}`
}

/** For what is beyond the number of findings that are told in an hour. */
export function explainFurther(limit: number): string {
  return [
    `The clients’ configuration changed in more than ${limit} ways within an hour; the further ones are only counted here.`,
    'Few people change so much at once: a tool that sets up clients does, and so does a program that hides one change among many.',
    'See what became of a server with mcp-watch history.',
  ].join(' ')
}

function clientWords({ client }: KnownEntry): string {
  return client === UNKNOWN.id ? 'a client that is not known' : clean(client, MAX_NAME)
}

function nameOf({ name }: KnownEntry): string {
  return `"${clean(name, MAX_NAME)}"`
}

function pathOf({ source }: KnownEntry): string {
  return clean(source, MAX_PATH)
}

function quoted(text: string | null): string {
  return text === null ? 'something that is not shown' : `"${text}"`
}

function clean(text: string, most: number): string {
  return truncate(stripControl(text).trim(), most)
}
