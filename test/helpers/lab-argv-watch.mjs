/**
 * usage: lab-argv-watch.mjs PID MS
 * Looks for MS milliseconds, as often as it can, which processes run below PID; prints their command lines as JSON.
 */
import { readdirSync, readFileSync } from 'node:fs'

const [top, lasting] = process.argv.slice(2).map(Number)
const seen = new Set()

function below(pid) {
  const children = []
  for (const task of list(`/proc/${pid}/task`)) {
    const text = read(`/proc/${pid}/task/${task}/children`)
    children.push(...text.split(' ').filter((child) => child !== ''))
  }
  return children.flatMap((child) => [child, ...below(child)])
}

function list(folder) {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const end = Date.now() + lasting
function look() {
  for (const pid of below(top)) seen.add(read(`/proc/${pid}/cmdline`))
  if (Date.now() < end) setTimeout(look, 1)
  else process.stdout.write(JSON.stringify([...seen].filter((line) => line !== '')))
}
look()
