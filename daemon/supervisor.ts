/** Who started this daemon and wants to hear from it. */

import {
  createSupervisor,
  NO_SUPERVISOR,
  notifySocket,
  type SendDatagram,
  type Supervisor,
} from './host/sd-notify.ts'
import type { Machine } from './machine.ts'
import { loadNative } from './native/load.ts'

/** systemd where it asked to be told, else nobody; system calls are loaded only where they are needed for it. */
export async function openSupervisor(
  { env, clock, sandboxed }: Pick<Machine, 'env' | 'clock' | 'sandboxed'>,
  load: typeof loadNative = loadNative,
): Promise<Supervisor> {
  if (sandboxed || notifySocket(env) === null) return NO_SUPERVISOR
  const loaded = await load()
  const native = loaded.ok ? loaded.native : null
  const send: SendDatagram | null =
    native === null ? null : (address, message) => native.sendUnixDatagram(address, message)
  return createSupervisor({ env, pid: process.pid, clock, send })
}
