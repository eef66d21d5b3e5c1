/** A sentence for everything that an explanation can say, and an entry's command in words. Pure. */
import { canonicalAddress } from '../../shared/address/canonical.ts'
import { addressesHere } from '../../shared/address/this-machine.ts'
import { HOLE } from '../../shared/argv/words.ts'
import type { NearReason, RuledOut, SignatureJson } from '../../shared/contract/explain.ts'
import { type Server, UNCONFIGURED } from '../../shared/model/server.ts'
import { basename } from '../../shared/text/basename.ts'
import { stripControl } from '../../shared/text/control.ts'
import { truncate } from '../../shared/text/truncate.ts'
import { createSignature, type Signature } from '../match/signature.ts'

export const RULED_OUT_SENTENCES: Readonly<Record<RuledOut, string>> = {
  gone: 'No process has this number now. What it did while it was watched is in "mcp-watch report".',
  'is-client':
    'It is a client: what it starts can be a server, but what it connects to itself is its own.',
  'starts-server': 'It stands between a client and a server, and belongs to neither.',
  'nothing-configured': 'No server is configured for any client that mcp-watch knows.',
  'no-signature':
    'Nothing that it shows (program, script, package, arguments) is that of a configured server.',
  'near-only': 'It looks a little like a configured server, but not enough to be named after it.',
  'title-not-believed':
    'It overwrote its arguments, or they contradict its program, so they were not believed.',
  'other-user':
    'It belongs to another user, so its program and descriptors cannot be read without root.',
  unreadable: 'It does not let itself be looked into, so little of it can be compared.',
  'kernel-thread':
    'It shows neither a program nor arguments: a part of the system, or just ending.',
}

export const NEAR_SENTENCES: Readonly<Record<NearReason, string>> = {
  'arguments-differ': 'the program is the one of the entry, but its arguments are others',
  'other-program': 'the name is the one of the entry, but the file or package is another',
  'title-not-believed': 'the process overwrote its arguments, so they could not be compared',
  'name-only-without-client':
    'only the name agrees, and that counts only for what a client started; none is above',
  'other-client': 'the entry is of another client than the one that started the process',
  'other-project':
    'the entry belongs to a project that neither the process nor its client works in',
  'switched-off': 'the entry is switched off in its file',
  'fits-less': 'another entry fits better',
}

const MAX_NAME = 120

const NO_ENTRY: SignatureJson = {
  kind: 'none',
  launcher: null,
  name: null,
  version: null,
  arguments: 0,
  message: 'no entry declares it: it was recognised by what runs',
}

/** What an entry runs; of a command that may hold a secret only that there is one. */
export function signatureOf(server: Server): SignatureJson {
  if (server.scope === UNCONFIGURED) return NO_ENTRY
  if (server.launch === null) return remoteSignature(server)
  const signature = createSignature(server)
  if (signature === null) {
    const message = 'its command says nothing that a process could be recognised by'
    return { kind: 'none', launcher: null, name: null, version: null, arguments: 0, message }
  }
  const { core } = signature.invocation
  const { name, version } = namedIn(signature)
  const launcher = signature.launcher ? shown(basename(signature.words[0] ?? '')) : null
  const said = { kind: core.kind, launcher, name, version, arguments: core.args.length }
  return { ...said, message: sentenceOf(said) }
}

function remoteSignature({ endpoint, transport }: Server): SignatureJson {
  const remote = { kind: 'remote', launcher: null, version: null, arguments: 0 } as const
  if (endpoint === null) {
    const message = `its client reaches it over ${transport}, at an address that is not known: nothing is looked for`
    return { ...remote, name: null, message }
  }
  const { host, port } = endpoint
  const where = `${stripControl(host)}:${port}`
  return {
    ...remote,
    name: shown(host),
    message: `its client reaches it over ${transport} at ${where}: ${soughtAt(host)}`,
  }
}

/** Which addresses are this machine's own is known to a running daemon, and not here. */
function soughtAt(host: string): string {
  if (addressesHere(host, NO_ADDRESSES) !== null)
    return 'the process of this machine that listens there is looked for'
  const unless = canonicalAddress(host) === null ? '' : ', unless that address is one of its own'
  return `no process of this machine is looked for${unless}`
}

const NO_ADDRESSES: ReadonlySet<string> = new Set()

function namedIn({ invocation: { core } }: Signature): {
  readonly name: string | null
  readonly version: string | null
} {
  switch (core.kind) {
    case 'package':
      return { name: packageName(core.spec.name), version: shown(core.spec.version) }
    case 'image':
      return { name: shown(core.image.name), version: shown(core.image.version) }
    case 'module':
      return { name: shown(core.module), version: null }
    case 'script':
      return { name: shown(basename(core.script)), version: null }
    case 'binary':
      return { name: shown(basename(core.path)), version: null }
    case 'task':
      return { name: shown(core.task), version: null }
  }
}

/** A package given by its address or path can carry a key in it: of the first nothing is shown, of a path its end. */
function packageName(name: string): string | null {
  if (name.includes('://') || name.includes('@', 1)) return null
  return shown(/^[./~]/.test(name) ? basename(name) : name)
}

/** Null for what is kept as a digest only: two holes (see daemon/match/pattern.ts). */
function shown(text: string | null): string | null {
  if (text === null || text === '' || text.includes(HOLE + HOLE)) return null
  return truncate(stripControl(text.replaceAll(HOLE, '…')), MAX_NAME)
}

function sentenceOf(said: Omit<SignatureJson, 'message'>): string {
  const { kind, launcher, name, version } = said
  const what = name ?? 'that is not shown, as it may hold a secret'
  const full = version === null ? what : `${what} ${version}`
  const starter = launcher === null ? 'its client starts' : `${launcher} starts`
  const count = said.arguments
  const given = count === 0 ? 'without arguments' : `with ${count} argument${count > 1 ? 's' : ''}`
  const isItself = ['package', 'image', 'script', 'module', 'task'].includes(kind)
  const thing = isItself ? kind : 'program'
  return `${starter} the ${thing} ${full}, ${given}`
}
