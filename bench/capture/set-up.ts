/** How a private world is set up, and how a program is started in one. */
import type { Far, SceneBrief, Where, Who } from './model.ts'

export const IS_ROOT = process.getuid?.() === 0
export const PORT = 7_801
export const PORTS = 4
const NOBODY = '65534'

export const FAR: Readonly<Record<Where, Far>> = {
  apart: { address: '203.0.113.20', address6: '2001:db8::20', port: PORT },
  host: { address: '127.77.0.1', address6: '::1', port: PORT },
}

/**
 * The far end is in a network of its own behind a virtual cable (veth(4)), so that this side has one socket a
 * connection, as with a host of the internet. All addresses are of documentation (RFC 5737, RFC 3849) and lead nowhere
 * else. 203.0.113.10 is here itself, for ../workload.ts.
 */
const SET_UP = `set -e
workload=$1; shift
ip link set lo up
ip route add local 203.0.113.10/32 dev lo
sleep infinity | unshare --net "$workload" sink ${PORT} ${PORTS} :: > /dev/null &
far=$!
here=$(readlink /proc/self/ns/net)
until there=$(readlink /proc/$far/ns/net) && [ "$there" != "$here" ]; do sleep 0.02; done
ip link add near type veth peer name far netns $far
ip address add 198.51.100.2/24 dev near
ip -6 address add 2001:db8:1::2/64 dev near nodad
ip link set near up
nsenter --target $far --net sh -e -c '
ip link set lo up
ip link set far up
ip address add 198.51.100.1/24 dev far
ip -6 address add 2001:db8:1::1/64 dev far nodad
ip route add local 203.0.113.0/24 dev lo
ip -6 address add 2001:db8::20/128 dev far nodad'
ip route add 203.0.113.0/24 dev near src 198.51.100.2
ip -6 route add 2001:db8::/64 via 2001:db8:1::1 dev near
exec "$@"`

const AS_USER = IS_ROOT ? [] : ['--user', '--map-root-user']
const APART = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--']

/** A program and its arguments, to be started by this process. It ends when this process does. */
export function commandIn(brief: SceneBrief, words: readonly string[]): readonly string[] {
  const inside = ['setpriv', '--pdeathsig', 'KILL', ...identity(brief.who), ...words]
  if (brief.where === 'host') return inside
  return ['unshare', ...AS_USER, ...APART, 'sh', '-c', SET_UP, 'sh', brief.program, ...inside]
}

/** Root as it is; a plain user, or at least one without any privilege. */
function identity(who: Who): readonly string[] {
  if (who === 'root') return []
  const change = IS_ROOT ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : []
  return [...change, '--bounding-set=-all', '--inh-caps=-all']
}
