/** What was recorded → the files that are kept. Pure. */

/** In the place of the kernel that it was recorded under. */
const KERNEL = '6.1.0-31-amd64'

/** @returns {{folder: string, files: readonly (readonly [string, string])[]}} */
export function filesOf({ version, client, secret, containers, answers, chunks }) {
  const kernel = answers['/version'].KernelVersion
  const texts = {
    'answers.json': linesOf(Object.entries(withoutValues(answers))),
    'containers.json': linesOf(containers),
    'events.json': `[\n${chunks.map((chunk) => JSON.stringify(chunk)).join(',\n')}\n]\n`,
    'versions.json': linesOf([
      ['engine', version],
      ['client', client],
    ]),
  }
  const files = Object.entries(texts).map(([name, text]) => [name, text.replaceAll(kernel, KERNEL)])
  if (files.some(([, text]) => text.includes(secret)))
    throw new Error('a value of an environment would have been written')
  return { folder: `docker-${/^[\d.]+/.exec(version)?.[0] ?? 'unknown'}`, files }
}

/** One entry a line: an answer has some hundred fields. */
function linesOf(entries) {
  const lines = entries.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

/** `Env` is what engines call an environment, wherever it is in an answer. */
function withoutValues(answers) {
  return JSON.parse(JSON.stringify(answers), (key, value) =>
    key === 'Env' && Array.isArray(value)
      ? value.map((each) => each.replace(/=.*$/s, '=planted-value'))
      : value,
  )
}
