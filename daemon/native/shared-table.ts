/** Whether two threads share their descriptors, by kcmp(2): one call, where comparing all links would be thousands. */
import { arch } from 'node:os'
import type { Libc } from './libc.ts'

/** libc has no function of that name; the generic number is that of all newer machines. */
const KCMP: Readonly<Record<string, number>> = { x64: 312, arm64: 272, riscv64: 272, loong64: 272 }
const KCMP_FILES = 2

/** Null where the kernel does not say: built without it, refused (seccomp of containers), or one of them is gone. */
export function createSharesTable(
  libc: Libc,
  machine: string = arch(),
): (thread: number, other: number) => boolean | null {
  const number = KCMP[machine]
  return (thread, other) => {
    if (number === undefined) return null
    const order = libc.syscall(number, thread, other, KCMP_FILES, 0, 0)
    return order < 0 ? null : order === 0
  }
}
