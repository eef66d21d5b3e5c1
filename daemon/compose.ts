/** The composition root: the only place that asks which system this is and picks adapters. */
import { lookup } from 'node:dns/promises'
import { existsSync, readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import psList from 'ps-list'
import { recogniseClient } from '../shared/clients/recognise.ts'
import type { Notifier } from './alert/notification.ts'
import { createNotifier, silentNotifier } from './alert/notifier.ts'
import type { MuteRequest } from './alert/notify-send.ts'
import { findTool, runToolAs } from './capture/run-tool.ts'
import { createUnixPeers } from './capture/sock-diag/unix-diag.ts'
import { composeContainers } from './compose-containers.ts'
import { composeEngines } from './compose-engines.ts'
import { exactSources } from './compose-exact.ts'
import { createDiscoverer } from './discover/discoverer.ts'
import { createHostFacts } from './host/facts.ts'
import { fileExists } from './host/file-exists.ts'
import { foldersOf } from './host/folders.ts'
import { silentLog } from './host/log.ts'
import { keyedDigest } from './host/salt.ts'
import { thisWorld, type World } from './host/world.ts'
import type { Machine, Wishes } from './machine.ts'
import { createHostBook } from './names/host-book.ts'
import { createHostResolver } from './names/host-book-resolver.ts'
import { createRegistrySource } from './names/registry-source.ts'
import type { Loaded } from './native/load.ts'
import type { PipelinePorts } from './pipeline-ports.ts'
import { policyPath } from './policy/place.ts'
import { createPolicyFile } from './policy/policy-file.ts'
import type { Log, Packages, PolicySource, ProcessSource, StdinPeers } from './ports.ts'
import { createPackages } from './processes/packages.ts'
import { createProcSource } from './processes/proc-source.ts'
import { createPsSource } from './processes/ps-source.ts'
import { createStdinPeers, noStdinPeers } from './processes/stdin-peers.ts'
import { onlyBelow, type Sandbox } from './sandbox.ts'
import { policySource } from './tick/policy-source.ts'

export function thisMachine(sandbox?: Sandbox): Machine {
  const world: World =
    sandbox === undefined ? thisWorld() : { ...sandbox, owner: null, notice: null }
  const { env, home, owner, notice } = world
  return {
    platform: process.platform === 'darwin' ? 'darwin' : 'linux',
    env,
    uid: process.geteuid?.() ?? 0,
    folders: foldersOf(env, home),
    owner,
    notice,
    sandboxed: sandbox !== undefined,
    clock: {
      wallMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      bootMs: () => (process.platform === 'linux' ? uptime() * 1000 : null),
    },
  }
}

/** What matching needs. It needs no engine, so it can be had wherever processes can be listed. */
export type MatchingPorts = Pick<
  PipelinePorts,
  'discoverer' | 'processes' | 'stdinPeers' | 'containers' | 'recogniseClient' | 'digest' | 'ownUid'
>

/** Without `loaded` nobody is known at the other end of a socket. */
export function composeMatching(machine: Machine, salt: Buffer, loaded?: Loaded): MatchingPorts {
  const { platform, env, clock, folders, sandboxed } = machine
  const { home } = folders
  const packages = createPackages(clock)
  const digest = keyedDigest(salt)
  const discoverer = createDiscoverer({ platform, env, packages, digest, clock, home })
  return {
    digest,
    discoverer: sandboxed ? onlyBelow(home, discoverer) : discoverer,
    processes: processSource(machine, packages),
    stdinPeers: stdinPeers(machine, loaded),
    containers: composeContainers(machine, silentLog),
    recogniseClient: (running) => recogniseClient(running),
    ownUid: machine.uid,
  }
}

/** Throws McpWatchError NO_ENGINE when this machine has no tool that could be used. */
export function composePorts(
  machine: Machine,
  wishes: Wishes,
  salt: Buffer,
  log: Log,
  loaded: Loaded,
): PipelinePorts {
  const { platform, env, clock, folders, owner } = machine
  const policy = composePolicy(machine, log)
  const matching = composeMatching(machine, salt, loaded)
  const { processes } = matching
  return {
    clock,
    log,
    ...matching,
    containers: composeContainers(machine, log),
    exists: fileExists,
    bootId: readBootId(platform),
    ...composeEngines({
      machine,
      wishes,
      loaded,
      processes,
      log,
      exact: exactSources(machine),
    }),
    registry: createRegistrySource({
      // Of the user's own choice, and run in folders of theirs: under sudo it is not run as root.
      runTool: runToolAs(owner),
      findTool,
      clock,
      env,
      home: folders.home,
      log,
      lookup: async (host) => await lookup(host, { all: true }),
      mayLookUp: () => policy.state().policy.resolveNames,
    }),
    hostFacts: createHostFacts({ clock, env, resolvConf: '/etc/resolv.conf' }),
    policy,
    hostBook: createHostBook({ resolver: createHostResolver(), clock, log }),
  }
}

/** How the user is told at once; a daemon for show tells nobody. */
export function composeNotifier(
  { platform, env, sandboxed, owner }: Machine,
  onMute: (request: MuteRequest) => void,
): Notifier {
  if (sandboxed) return silentNotifier('this daemon is only for show')
  // A session bus lets its own user in and nobody else.
  return createNotifier({ platform, env, findTool, runTool: runToolAs(owner), onMute })
}

/** What the user decided. */
export function composePolicy({ env, folders, clock }: Machine, log: Log): PolicySource {
  const path = policyPath(env, folders.home)
  return policySource(createPolicyFile({ path, clock, log }), path)
}

/** /proc where there is one; ps on macOS, and on a Linux that mounts no /proc for us. */
function processSource({ platform, clock, uid }: Machine, packages: Packages): ProcessSource {
  const hasProc = platform === 'linux' && existsSync('/proc/self/stat')
  if (hasProc) return createProcSource({ clock, packages, ownUid: uid })
  const commIsPath = platform === 'darwin'
  return createPsSource({ psList, clock, packages, ownUid: uid, commIsPath })
}

/** macOS tells it to no program but lsof, at a cost that is not worth it. */
function stdinPeers({ platform }: Machine, loaded?: Loaded): StdinPeers {
  if (platform !== 'linux') return noStdinPeers
  const socketPeers = loaded?.ok ? createUnixPeers(loaded.native) : () => new Map<number, number>()
  return createStdinPeers({ socketPeers })
}

/** random(4): a new one at every boot. Elsewhere process start times tell boots apart well enough. */
function readBootId(platform: Machine['platform']): string {
  if (platform !== 'linux') return 'ps'
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
