/** Where service files are and what the service is called. Pure; all folders absolute. */

/** Of a user's own service manager. */
export const USER_UNIT = 'mcp-watch.service'
/** Names the LaunchAgent in its domain; its file has the same name, as launchd.plist(5) wants. */
export const LAUNCHD_LABEL = 'local.mcp-watch'

/** systemd.unit(5), "Unit File Load Path". `config` is `$XDG_CONFIG_HOME`, or what counts in its place. */
export function userUnitPath(config: string): string {
  return `${config}/systemd/user/${USER_UNIT}`
}

/** In the system's manager each user has a unit of their own. */
export function systemUnit(uid: number): string {
  return `mcp-watch-${uid}.service`
}

export function systemUnitPath(uid: number): string {
  return `/etc/systemd/system/${systemUnit(uid)}`
}

export function plistPath(home: string): string {
  return `${home}/Library/LaunchAgents/${LAUNCHD_LABEL}.plist`
}

/** The capture service, one for all users, in the system's manager. */
export const CAPTURE_UNIT = 'mcp-watch-capture.service'
export const CAPTURE_UNIT_PATH = `/etc/systemd/system/${CAPTURE_UNIT}`
/** The unit's RuntimeDirectory= makes the folder. */
export const CAPTURE_SOCKET = '/run/mcp-watch-capture/socket'

/** `named` is `$MCPWATCH_CAPTURE_SOCKET`; what is no absolute path does not count. */
export function captureSocket(named: string | undefined): string {
  return named?.startsWith('/') === true ? named : CAPTURE_SOCKET
}
