/** Which entry a server is held to, where what runs and what is configured are known as different servers. */
import type { KnownServer } from './known-server.ts'

/**
 * The entry that allows least; between equals the configured one, which the user chose and the program did not. A
 * package names itself: one that is held to this machine must not free itself by taking the name of a browser.
 */
export function heldTo(
  configured: KnownServer | null,
  running: readonly (KnownServer | null)[],
): KnownServer | null {
  return [configured, ...running].reduce(
    (least, each) =>
      least === null || (each !== null && reach(each) < reach(least)) ? each : least,
    null,
  )
}

function reach(server: KnownServer): number {
  switch (server.expectation) {
    case 'local-only':
      return server.children === 'same' ? 0 : 1
    case 'rules':
      return 2
    case 'lan':
      return 3
    case 'open':
      return 4
  }
}
