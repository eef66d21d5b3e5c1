/** Speaks with a scene's host (scene-host.mjs) by its standard input and output. */
import { createInterface } from 'node:readline'

/**
 * @param {import('node:child_process').ChildProcess} child What the host's standard input and output are. Once it has ended, what was
 *   asked of it fails.
 */
export function speakWith(child) {
  const waiting = new Map()
  const outputs = new Map()
  const ready = new Promise((resolve, reject) => waiting.set('ready', { resolve, reject }))
  const outputOf = (pid) => {
    const known = outputs.get(pid) ?? { stdout: '', stderr: '', code: undefined }
    outputs.set(pid, known)
    return known
  }
  const settle = (id, how, value) => {
    waiting.get(id)?.[how](value)
    waiting.delete(id)
  }
  const ended = new Promise((resolve) => child.once('close', resolve))
  void ended.then(() => {
    for (const id of waiting.keys()) settle(id, 'reject', new Error('the scene has ended'))
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, error, ...message } = JSON.parse(line)
    if (message.event === 'ready') settle('ready', 'resolve')
    else if (message.event === 'close') outputOf(message.pid).code = message.code
    else if (message.event !== undefined) outputOf(message.pid)[message.event] += message.data
    else if (error === undefined) settle(id, 'resolve', message)
    else settle(id, 'reject', new Error(error))
  })
  let asked = 0
  return {
    ready,
    ended,
    /** What a program that was started has written so far, and its exit code once it has ended. */
    output: outputOf,
    ask(operation, request) {
      asked += 1
      const id = asked
      child.stdin.write(`${JSON.stringify({ id, operation, ...request })}\n`)
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
    },
  }
}
