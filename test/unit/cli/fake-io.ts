/** An `Io` that keeps what was written, over a daemon that never is one. */
import { PassThrough } from 'node:stream'
import type { EndSignal, Entry, Io, Screen } from '../../../cli/io.ts'
import type { ExitCode } from '../../../shared/errors.ts'
import { nowMs } from './sample.ts'

export interface FakeIo extends Io {
  readonly written: () => { out: string; err: string }
  /** How often the daemon's code was asked for. */
  readonly loads: () => number
  signal(name: EndSignal): void
  resize(screen: Screen): void
  leave(): void
  readonly exits: ExitCode[]
}

export function fakeIo(entry: Partial<Entry> = {}, terminal: Screen | null = null): FakeIo {
  let out = ''
  let err = ''
  let loads = 0
  let screen = terminal
  let leave: () => void = () => undefined
  const signalled = new Set<(signal: EndSignal) => void>()
  const resized = new Set<() => void>()
  const exits: ExitCode[] = []
  const stream = Object.defineProperties(new PassThrough(), {
    columns: { get: () => screen?.columns },
    rows: { get: () => screen?.rows },
  })
  stream.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const subscribe =
    <T>(listeners: Set<T>) =>
    (listener: T): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  return {
    out: (text) => void stream.write(text),
    err: (text) => {
      err += text
    },
    stream,
    screen: () => screen,
    onResize: subscribe(resized),
    closed: new Promise((resolve) => {
      leave = resolve
    }),
    color: false,
    debug: false,
    nowMs: () => nowMs,
    entry: async () => {
      loads += 1
      return { ...nobody, ...entry }
    },
    confirm: async () => null,
    onSignal: subscribe(signalled),
    exit: (code) => void exits.push(code),
    mainPath: '/nowhere/main.js',
    tellParent: () => undefined,
    redirectErrors: () => undefined,
    written: () => ({ out, err }),
    loads: () => loads,
    signal: (name) => {
      for (const listener of signalled) listener(name)
    },
    resize: (size) => {
      screen = size
      for (const listener of resized) listener()
    },
    leave: () => leave(),
    exits,
  }
}

const missing = (): never => {
  throw new Error('the test did not expect this')
}

const nobody: Entry = {
  runDaemon: missing,
  scanOnce: missing,
  explain: missing,
  examine: missing,
  refuseDecisionBelowServer: async () => undefined,
  openArchive: missing,
  locateDaemon: () => null,
  knownClients: () => [],
  openPolicy: missing,
  dataStats: missing,
  openRecords: missing,
  changeData: missing,
  serviceHost: missing,
}
