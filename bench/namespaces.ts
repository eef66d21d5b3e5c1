/** Private network, process and mount namespaces: nothing leaves the machine, and all ends with the first process. */
import { spawn } from 'node:child_process'

const AS_USER = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--']

/** Addresses of documentation (RFC 5737) that lead back here, with a source that is none of this host's interfaces'. */
const SET_UP = `set -e
ip link set lo up
ip address add 198.51.100.2/32 dev lo
ip route add local 203.0.113.0/24 dev lo src 198.51.100.2
exec "$@"`

/** Runs node with these arguments inside, on this process' output; resolves with its exit code. */
export function runInside(args: readonly string[]): Promise<number> {
  const node = [process.execPath, ...args]
  const inside = [...AS_USER, ...NAMESPACES, 'sh', '-c', SET_UP, 'sh', ...node]
  const child = spawn('unshare', inside, { stdio: ['pipe', 'inherit', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 4))
  })
}
