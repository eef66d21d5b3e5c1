/**
 * Whether /proc keeps other users' processes from us: mounted with hidepid 1 or 2 (`noaccess`, `invisible`), or 4
 * (`ptraceable`), proc(5). `mounts` is the text of /proc/self/mountinfo.
 */
export function hidesProcesses(mounts: string): boolean {
  return mounts
    .split('\n')
    .some(
      (line) =>
        line.split(' ')[4] === '/proc' &&
        / - proc /.test(line) &&
        /hidepid=(?!0\b|off\b)\w/.test(line),
    )
}
