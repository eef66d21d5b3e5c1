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
