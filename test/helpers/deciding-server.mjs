/** A server on pipes that has a shell ask, far below it, whether it may decide. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const script = join(import.meta.dirname, 'decide.mjs')
const words = ['-c', '"$0" "$1" "$2"; :', process.execPath, script, process.argv[2]]
spawn('sh', words, { stdio: 'ignore' })
process.stdin.on('end', () => process.exit(0)).resume()
