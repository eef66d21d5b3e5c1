/** Waiting for a ring without a call on the event loop: poll(2) on a thread of libuv's pool, ended by an eventfd(2). */
import type { RingWait } from './bpf.ts'
import { checked, type Libc } from './libc.ts'
import { nativeFault } from './native.ts'

const EFD_CLOEXEC = 0o2000000
const EFD_NONBLOCK = 0o4000
const POLLIN = 1
/** struct pollfd: descriptor, what is asked for, what is so. */
const POLLFD_BYTES = 8
const ASKED = 4
const ANSWER = 6

/** Throws a `NativeFault`. */
export function openRingWait(libc: Libc, ring: number): RingWait {
  const ending = checked(libc, 'eventfd', () => libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
  return new PollWait(libc, ring, ending)
}

class PollWait implements RingWait {
  readonly #libc: Libc
  readonly #ending: number
  /** Two struct pollfd, the ring's first. The thread writes there, so it must not be memory that Node moves. */
  readonly #pointer: unknown
  readonly #polled: DataView
  #isOpen = true
  /** A thread would keep the process from exiting for as long as it waits. */
  readonly #onExit = (): void => this.end()

  constructor(libc: Libc, ring: number, ending: number) {
    this.#libc = libc
    this.#ending = ending
    this.#pointer = libc.koffi.alloc('uint8_t', 2 * POLLFD_BYTES)
    this.#polled = new DataView(libc.koffi.view(this.#pointer, 2 * POLLFD_BYTES))
    for (const [index, fd] of [ring, ending].entries()) {
      this.#polled.setInt32(index * POLLFD_BYTES, fd, true)
      this.#polled.setInt16(index * POLLFD_BYTES + ASKED, POLLIN, true)
    }
    process.once('exit', this.#onExit)
  }

  wait(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#libc.pollLater(this.#pointer, 2, timeoutMs, (error, result) => {
        if (error !== null && error !== undefined) return reject(error)
        // Below 0 a signal came, as far as can be told from here.
        const answer = result > 0 ? this.#polled.getInt16(ANSWER, true) : 0
        if ((answer & ~POLLIN) !== 0) reject(nativeFault('poll', 'EBADF'))
        else resolve(answer === POLLIN)
      })
    })
  }

  end(): void {
    if (this.#isOpen) this.#libc.eventfdWrite(this.#ending, 1)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    process.off('exit', this.#onExit)
    this.#libc.close(this.#ending)
    this.#libc.koffi.free(this.#pointer)
  }
}
