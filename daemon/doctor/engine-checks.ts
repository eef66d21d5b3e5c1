/** What is made of the ways of looking at sockets: which is used, which would be better, which others work. Pure. */
import type { Facts } from '../../shared/contract/doctor.ts'
import { blocked, count, note, ok, type Say, warning } from './say.ts'

type Rung = Facts['engine']['rungs'][number]

const HINTS: Readonly<Record<string, string>> = {
  bpf: 'it needs three capabilities: "sudo mcp-watch service install --exact" gives them to a service',
  'sock-diag': 'it needs Linux, the package koffi, and a kernel that lists sockets to this user',
  ss: 'install the package iproute2 (on some systems iproute)',
  lsof: 'install the package lsof',
}

/** The checks of the system say these already. */
const SAID_OF_THE_SYSTEM: ReadonlySet<string> = new Set([
  'inside-container',
  'inside-windows',
  'processes-hidden',
])

export function engineChecks({ engine, daemon }: Facts): Say[] {
  const { name, ladder, rungs } = engine
  if (name === null) {
    const missing = ladder.map((each) => HINTS[each] ?? each).join(', or ')
    return [blocked(`no way to look at sockets: none of ${ladder.join(', ')} works`, missing)]
  }
  const at = rungs.findIndex((rung) => rung.name === name)
  const running = daemon?.engine ?? null
  return [
    ...usedChecks(engine, name, rungs[at]),
    ...rungs.slice(0, Math.max(at, 0)).flatMap(betterChecks),
    ...rungs.slice(at + 1).map((rung) => lowerCheck(rung, engine)),
    ...(running !== null && running.name !== name
      ? [note(`the running mcp-watch looks with ${running.name}, not with ${name}`)]
      : []),
    ...engine.degraded.flatMap(({ code, message }) =>
      SAID_OF_THE_SYSTEM.has(code) ? [] : [note(message)],
    ),
  ]
}

/** Exact capture takes rights that not everybody wants to give: that it is not there is nothing wrong. */
function betterChecks({ name, problem, hint, kernelSaid }: Rung): Say[] {
  const said = `${name} would see more, but is not possible: ${problem ?? 'not known why'}`
  const todo = HINTS[name] ?? hint
  if (name !== 'bpf') return [warning(said, todo)]
  return [
    note(said, kernelSaid.length === 0 ? todo : hint),
    ...kernelSaid.map((line) => note(line)),
  ]
}

function usedChecks({ tools, ladder }: Facts['engine'], name: string, rung?: Rung): Say[] {
  const which = whichOf(name, tools)
  const rank =
    name === ladder[0] ? ': the best way to look that this version has on this system' : ''
  const look = rung?.look ?? null
  if (look === null) return [ok(`${which}${rank}`)]
  if (look.problem !== null) {
    const hint = name === 'sock-diag' ? null : `run ${name} by hand to see why`
    return [blocked(`${which}: one look failed: ${look.problem}`, hint)]
  }
  const seen = `one look took ${look.ms} ms and saw ${count(look.sockets, 'socket')}`
  return [ok(`${which}${rank}`), look.complete ? ok(seen) : warning(`${seen}, but was cut short`)]
}

/** What is used when the better one fails. */
function lowerCheck({ name, problem, look }: Rung, { tools }: Facts['engine']): Say {
  const which = whichOf(name, tools)
  if (problem !== null) return note(`${name} could not take its place: ${problem}`)
  return note(`${which} could take its place: one look took ${look?.ms ?? '?'} ms`)
}

/** Engines without a tool ask the kernel themselves. */
function whichOf(name: string, tools: Facts['engine']['tools']): string {
  const tool = tools.find((each) => each.name === name)
  if (tool === undefined) return name
  return `${name} ${tool.version ?? '(version not known)'} at ${tool.path ?? 'an unknown place'}`
}
