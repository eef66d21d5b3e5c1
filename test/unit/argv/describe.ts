/** A command line in one line of text, for tables of tests. */
import { isLauncher, readInvocation } from '../../../shared/argv/invocation.ts'

/** `(wrapper positions) what it runs|arguments @folder` of a command line, split at spaces where it is a text. */
export function describeLine(line: string | readonly string[]): string {
  const invocation = readInvocation(typeof line === 'string' ? line.split(' ') : line)
  if (invocation === null) return 'nothing'
  const { core, wrappers, directory } = invocation
  const before = wrappers.length > 0 ? `(${wrappers.join(' ')}) ` : ''
  const launcher = wrappers.length === 0 && isLauncher(invocation) ? 'launcher ' : ''
  const at = directory === null ? '' : ` @${directory}`
  return `${before}${launcher}${textOf(core)}|${core.args.join(' ')}${at}`
}

function textOf(core: NonNullable<ReturnType<typeof readInvocation>>['core']): string {
  switch (core.kind) {
    case 'package': {
      const packages = [core.spec, ...core.others].map(({ name }) => name).join('+')
      return `${core.manager}:${packages}${core.bin === null ? '' : ` ${core.bin}`}`
    }
    case 'task':
      return `${core.manager} task ${core.task}`
    case 'image':
      return `image ${core.image.name}`
    case 'script':
      return `${core.interpreter} ${core.script}`
    case 'module':
      return `${core.interpreter} -m ${core.module}`
    case 'binary':
      return core.path
  }
}
