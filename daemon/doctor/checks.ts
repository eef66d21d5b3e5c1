/** What is made of the facts: a sentence an area, and what to do where something is wrong. Pure. */
import type { Check, Facts } from '../../shared/contract/doctor.ts'
import { problemSentence } from '../../shared/service/record.ts'
import { containerChecks } from './container-checks.ts'
import { engineChecks } from './engine-checks.ts'
import { blocked, count, note, ok, type Say, warning } from './say.ts'
import { stateChecks } from './state-checks.ts'

/** In the order of the areas; what is fine is said too. */
export function checksOf(facts: Facts): readonly Check[] {
  const areas: readonly (readonly [Check['area'], readonly Say[]])[] = [
    ['daemon', daemonChecks(facts)],
    ['service', serviceChecks(facts)],
    ['engine', engineChecks(facts)],
    ['containers', containerChecks(facts)],
    ['permissions', permissionChecks(facts)],
    ['system', systemChecks(facts)],
    ['configuration', configurationChecks(facts)],
    ['notification', notificationChecks(facts)],
    ...stateChecks(facts),
  ]
  return areas.flatMap(([area, said]) => said.map((each) => ({ area, ...each })))
}

function daemonChecks({ daemon, program, lock }: Facts): Say[] {
  if (daemon === null) {
    return lock.held === true
      ? [
          warning(
            'something holds the lock, but no mcp-watch can be found',
            'it may be starting or ending just now; else look for its process',
          ),
        ]
      : [note('no mcp-watch is running', 'start it with "mcp-watch start"')]
  }
  const { pid, health } = daemon
  if (health === null) {
    return [
      warning(
        `process ${pid} is named as the daemon, but does not answer`,
        'end it with "mcp-watch stop" or by its process id, and start it again',
      ),
    ]
  }
  const said: Say[] = [ok(`mcp-watch ${health.version} is running as process ${pid}`)]
  if (health.version !== program.version)
    said.push(warning(`this program is version ${program.version}`, 'restart mcp-watch to run it'))
  if (health.status === 'not-watching')
    said.push(
      warning(
        'it cannot look at sockets or processes now',
        'the end of its log says why: see below',
      ),
    )
  if (health.status === 'not-storing')
    said.push(warning('it cannot write to its database: what it sees now waits in its memory'))
  return said
}

/** Nothing is said where there is none: that is how most begin. */
function serviceChecks({ service }: Facts): Say[] {
  if (service === null) return []
  const { file, problems } = service
  if (problems.length === 0) return [ok(`installed as a service: ${file}`)]
  // An installation leaves a file alone that is not ours.
  const foreign = problemSentence('no-record', null)
  return problems.map((problem) =>
    warning(
      problem,
      problem === foreign
        ? `move ${file} away, then "mcp-watch service install"`
        : '"mcp-watch service install" mends that',
    ),
  )
}

function permissionChecks({ user, processes }: Facts): Say[] {
  const who =
    user.uid !== 0
      ? ok(`run as user ${user.uid}: no more rights than the clients have are needed`)
      : user.sudo
        ? note(`run with sudo: the configurations of ${user.home} are watched`)
        : note('run as root: every user’s processes can be read')
  if (processes === null) return [who, blocked('the processes of this machine cannot be listed')]
  const { total, otherUsers, unreadable, otherNamespaces, method } = processes
  const how = method === 'proc' ? 'from /proc' : 'with ps'
  const said = [
    who,
    ok(`${count(total, 'process', 'processes')}, listed ${how}; ${otherUsers} are of other users`),
  ]
  if (unreadable > 0) {
    said.push(
      note(
        `${count(unreadable, 'process', 'processes')} of this user cannot be looked into`,
        'programs such as password stores forbid it; a server that does is reported',
      ),
    )
  }
  if (otherNamespaces > 0)
    said.push(
      note(
        `${count(otherNamespaces, 'process has', 'processes have')} a network of another namespace, as in containers`,
      ),
    )
  return said
}

function systemChecks({ program, system }: Facts): Say[] {
  const said: Say[] = []
  if (system.wsl)
    said.push(
      note(
        'this is Linux inside Windows (WSL): clients on the Windows side are not seen',
        'run the clients inside it too, if they are to be watched',
      ),
    )
  if (system.container !== null)
    said.push(note(`this is a container (${system.container}): what is outside of it is not seen`))
  if (system.hiddenProcesses)
    said.push(note('/proc is mounted with hidepid: other users’ processes do not show'))
  if (system.cgroup2 === false)
    said.push(
      warning(
        'no cgroup2 mount is visible: ss needs several times longer for each look',
        'mount cgroup2 at /sys/fs/cgroup',
      ),
    )
  else if (system.cgroup2 === true) said.push(ok('cgroup2 is visible'))
  if (system.netnsOfInit === false)
    said.push(
      note(
        'this network namespace is not that of process 1: others are read through their processes',
      ),
    )
  const kernel =
    program.platform === 'linux' ? `Linux ${program.kernel}` : `Darwin ${program.kernel}`
  return [ok(`${kernel}, ${program.arch}, Node ${program.node}`), ...said]
}

function configurationChecks({ configurations }: Facts): Say[] {
  const { read, diagnostics, absent, running, servers } = configurations
  const counted = `${count(servers.stdio + servers.remote, 'server')} (${servers.stdio} of this machine, ${servers.remote} remote)`
  const said: Say[] = [
    read.length === 0
      ? warning(
          `no configuration of a known client was found; ${count(absent.length, 'place was', 'places were')} looked at`,
          '"mcp-watch doctor -v" lists them',
        )
      : ok(
          `${count(read.length, 'file')} read with ${counted}; ${count(absent.length, 'other place has', 'other places have')} none`,
        ),
    ok('files are looked at once a second: no limit of inotify(7) can be reached'),
  ]
  for (const { client, file, line, column, message } of diagnostics) {
    const place = [file, line, column].filter((part) => part !== null).join(':')
    const hint = client === 'policy' ? '"mcp-watch policy check" says what to write instead' : null
    said.push(warning(`${place}: ${message}`, hint))
  }
  for (const client of running.filter((each) => !each.read)) {
    said.push(
      note(`${client.client} is running, but no configuration of it with servers was found`),
    )
  }
  return said
}

function notificationChecks({ notification }: Facts): Say[] {
  if (notification === null) return []
  const { path, why } = notification
  return path === 'none' ? [note(`no desktop notifications: ${why}`)] : [ok(`${path}: ${why}`)]
}
