/**
 * A classic BPF filter (socket(7), SO_ATTACH_FILTER) for the process connector: events of threads, of users, of names
 * are dropped in the kernel, so that they cost nothing here and take no room in the receive buffer. Pure.
 */

/** Operations of linux/bpf_common.h that are needed. */
const LOAD_WORD = 0x20
const COPY_TO_X = 0x07
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_EQUAL_X = 0x1d
const RETURN = 0x06

const WHOLE = 0xffff_ffff
const INSTRUCTION_BYTES = 8

/** Byte offsets in a message: `what`, and the first words of what is told of an event. */
const WHAT = 36
const DATA = 52

const EVENT = { none: 0, fork: 1, exec: 2, exit: 0x8000_0000 } as const

/** Lets through acknowledgements, execs, and the forks and exits of whole processes. Entries in the order of the host. */
export function connectorFilter(): Uint8Array {
  const program = [
    [LOAD_WORD, 0, 0, WHAT],
    [JUMP_IF_EQUAL, 3, 0, swapped(EVENT.fork)],
    [JUMP_IF_EQUAL, 6, 0, swapped(EVENT.exit)],
    [JUMP_IF_EQUAL, 9, 0, swapped(EVENT.exec)],
    [JUMP_IF_EQUAL, 8, 9, swapped(EVENT.none)],
    // fork: child_pid is child_tgid
    [LOAD_WORD, 0, 0, DATA + 8],
    [COPY_TO_X, 0, 0, 0],
    [LOAD_WORD, 0, 0, DATA + 12],
    [JUMP_IF_EQUAL_X, 4, 5, 0],
    // exit: process_pid is process_tgid
    [LOAD_WORD, 0, 0, DATA],
    [COPY_TO_X, 0, 0, 0],
    [LOAD_WORD, 0, 0, DATA + 4],
    [JUMP_IF_EQUAL_X, 0, 1, 0],
    [RETURN, 0, 0, WHOLE],
    [RETURN, 0, 0, 0],
  ] as const
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES)
  for (const [index, [code, ifTrue, ifFalse, constant]] of program.entries()) {
    const entry = index * INSTRUCTION_BYTES
    bytes.set(new Uint8Array(Uint16Array.of(code).buffer), entry)
    bytes.set([ifTrue, ifFalse], entry + 2)
    bytes.set(new Uint8Array(Uint32Array.of(constant).buffer), entry + 4)
  }
  return bytes
}

/** A filter loads words as the network orders them, the kernel wrote them as the machine does. */
function swapped(value: number): number {
  const bytes = new Uint8Array(Uint32Array.of(value).buffer)
  return new DataView(bytes.buffer).getUint32(0)
}
