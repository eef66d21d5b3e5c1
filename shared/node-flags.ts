/**
 * Options of Node for a daemon that runs for weeks beside the user's own programs: memory that is given back counts
 * more than speed. Used wherever this program starts its own daemon: service and `start --detach`.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=2']
