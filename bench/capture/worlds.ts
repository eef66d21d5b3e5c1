/** Runs scenes, each in a world of its own: which namespaces, whose, where its connections go. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SceneBrief, SceneResult, Where, Who } from './model.ts'
import { commandIn, FAR, IS_ROOT, PORT, PORTS } from './set-up.ts'

const SCENE = fileURLToPath(new URL('./scene.js', import.meta.url))
/** include/linux/proc_ns.h: the number of the first pid namespace. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]'

export interface Worlds {
  run(brief: Omit<SceneBrief, 'program' | 'far'>, deadlineMs: number): Promise<SceneResult>
  close(): void
}

/** `source` is the folder of workload.c. Throws with a sentence when it cannot be compiled. */
export function createWorlds(source: string): Worlds {
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-capture-'))
  chmodSync(folder, 0o755)
  const program = join(folder, 'workload')
  const files = readdirSync(source).filter((name) => name.endsWith('.c'))
  const paths = files.map((name) => join(source, name))
  const compiled = spawnSync('cc', ['-O2', '-pthread', '-o', program, ...paths])
  if (compiled.status !== 0) {
    rmSync(folder, { recursive: true })
    throw new Error('needs cc, the C compiler, for its workload')
  }
  const sink = sinkOnLoopback(program)
  return {
    run: async (brief, deadlineMs) => {
      const whole = { ...brief, program, far: FAR[brief.where] }
      return await runScene(whole, deadlineMs)
    },
    close: () => {
      sink.stdin?.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Why a world cannot be had here, or null. */
export function obstacle(where: Where, who: Who): string | null {
  if (who === 'root' && !IS_ROOT) return 'needs root'
  if (where === 'host' && readlinkSync('/proc/self/ns/pid') !== FIRST_PID_NAMESPACE) {
    return 'needs the first pid namespace of the machine'
  }
  if (where === 'host') return null
  const flags = IS_ROOT ? ['--net'] : ['--net', '--user', '--map-root-user']
  const tried = spawnSync('unshare', [...flags, 'ip', 'link', 'set', 'lo', 'up'])
  return tried.status === 0 ? null : 'needs unshare, ip and leave to make namespaces'
}

function sinkOnLoopback(program: string): ChildProcess {
  const ends = [FAR.host.address, FAR.host.address6]
  const args = ['sink', String(PORT), String(PORTS), ...ends]
  return spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'] })
}

/** Its last line of output is the result. */
async function runScene(brief: SceneBrief, deadlineMs: number): Promise<SceneResult> {
  const words = [process.execPath, SCENE, JSON.stringify(brief)]
  const [program = '', ...args] = commandIn(brief, words)
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit, signal) => resolve(exit ?? signal))
  })
  clearTimeout(timer)
  if (code !== 0) throw new Error(`the scene ${brief.part} ended with ${String(code)}`)
  return JSON.parse(said.trim().split('\n').at(-1) ?? '') as SceneResult
}
