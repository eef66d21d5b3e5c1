/** Node's own options for a daemon that should stay small: given by `start --detach` and by the service units. */

/**
 * New objects get little room before they are collected: most of a tick's die with the tick, and the room that they
 * were made in would stay resident.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=1']
