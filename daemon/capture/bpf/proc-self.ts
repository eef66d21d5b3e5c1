/** What is read of /proc/self (proc_pid_mountinfo(5), proc_pid_status(5)). Total parsers. */

export interface CgroupMounts {
  /** Where cgroup2 is mounted. */
  readonly cgroup2: readonly string[]
  readonly hasCgroup1: boolean
}

/** Fields of a line: id, parent, device, root, mount point, options, others until `-`, type, source, options. */
export function parseMounts(mountinfo: string): CgroupMounts {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ', 2)
    const [point, type] = [before.split(' ')[4], after.split(' ')[0]]
    return point === undefined || type === undefined ? [] : [{ point: unescaped(point), type }]
  })
  return {
    cgroup2: mounts.filter(({ type }) => type === 'cgroup2').map(({ point }) => point),
    hasCgroup1: mounts.some(({ type }) => type === 'cgroup'),
  }
}

/** Blanks and backslashes are written as three octal digits; letters past ASCII as they are. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}

export function parseCapabilities(status: string): bigint | null {
  const digits = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status)?.[1]
  return digits === undefined ? null : BigInt(`0x${digits}`)
}
