/** What the kernel's refusal means, as far as its errno tells. Pure. */
import type { LoadFailure, Refusal } from './refusal.ts'

/** `failures`: at least one; the last is of the least demanding variant, and counts. */
export function kernelRefusal(failures: readonly LoadFailure[]): Refusal {
  const last = failures.at(-1)
  const what = last === undefined ? 'nothing was tried' : `${stepName(last)}: ${last.errno}`
  return {
    reason: 'kernel-refused',
    sentence: `The kernel refuses the programs of exact capture (${what}).`,
    hint: last === undefined ? '' : hintFor(last),
    failures,
  }
}

function stepName({ step, name }: LoadFailure): string {
  switch (step) {
    case 'map':
      return `map ${name}`
    case 'program':
      return `program ${name}`
    case 'attach':
      return `attaching ${name}`
    case 'cgroup':
      return 'opening the root of the control groups'
    case 'ring':
      return 'mapping the ring'
  }
}

function hintFor({ step, errno }: LoadFailure): string {
  if (errno === 'EPERM' && step === 'attach') {
    return 'another program was attached there that admits no second one'
  }
  if (errno === 'EPERM' || errno === 'ENOMEM') {
    return 'kernels before 5.11 count the programs as locked memory (ulimit -l, LimitMEMLOCK=); others may be locked down'
  }
  if (errno === 'EINVAL' || errno === 'ENOTSUPP' || errno === 'E524') {
    return 'Linux 5.10 or newer is needed, with CONFIG_CGROUP_BPF'
  }
  if (errno === 'ENOSYS')
    return 'a kernel with bpf(2) is needed, and a sandbox that lets it through'
  return 'mcp-watch doctor shows what the kernel said'
}
