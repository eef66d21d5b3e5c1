/** Traffic of programs that are nobody's servers (../exact-load.c). */
import { spawn } from 'node:child_process'
import { waitUntil } from '../../wait.ts'

const READY_MS = 20_000

export interface Load {
  lines(): readonly string[]
  write(line: string): void
  /** Until it has said so. */
  said(word: string, limitMs: number): Promise<void>
  stop(): Promise<void>
}

/** Resolves when it is set up. */
export async function startLoad(program: string, args: readonly string[]): Promise<Load> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  const said = async (word: string, limitMs: number): Promise<void> => {
    await waitUntil(() => text.includes(word) || isOver(), `${args[0]} says ${word}`, limitMs)
    if (!text.includes(word)) throw new Error(`the load ${args[0]} ended`)
  }
  await said('ready', READY_MS)
  return {
    lines: () => text.split('\n'),
    write: (line) => void child.stdin.write(`${line}\n`),
    said,
    stop: async () => {
      child.stdin.end()
      await waitUntil(isOver, 'the load ends', READY_MS)
    },
  }
}
