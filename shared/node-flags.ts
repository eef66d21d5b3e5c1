/**
 * V8's options for a daemon that should stay small. It does little, once a second, nearly all of it in the kernel:
 * compiling that to fast code costs more memory and time than it ever gives back, and so does room for garbage.
 */

const NO_COMPILERS = ['--no-opt', '--no-maglev', '--no-sparkplug'] as const
const SMALL_HEAP = '--optimize-for-size'

/**
 * For the command line of `start --detach` and of the service units. The young generation has to hold what one sample
 * of a busy machine leaves behind, or that is taken for long-lived.
 */
export const NODE_FLAGS: readonly string[] = [
  ...NO_COMPILERS,
  SMALL_HEAP,
  '--max-semi-space-size=2',
]

/** For `start` in a terminal, where nobody chose Node's options: V8 looks at these each time that it decides. */
export const LATE_FLAGS: readonly string[] = [
  ...NO_COMPILERS,
  SMALL_HEAP,
  '--semi-space-growth-factor=1',
]
