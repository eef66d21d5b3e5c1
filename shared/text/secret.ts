/**
 * Tells which arguments may hold a secret. A wrong yes costs little (the argument is then compared by its keyed hash),
 * a wrong no keeps a secret in memory, so doubt means yes.
 */

/** Names after which, or with which, a secret is given: `--api-key x`, `--dbPassword=x`, `-H 'Authorization: …'`. */
const SECRET_NAME =
  /token|secret|passw|passphrase|pwd|auth|bearer|credential|cookie|session|dsn|conn(ection)?[-_]?str|(database|db|redis|mongo(db)?|postgres(ql)?|mysql)[-_]?ur[il]|key$|(^|[-_])pat$|header|signature|salt$|webhook/i

/** `NAME=value`, as for `docker run -e NAME=value`; package specs with `==` are not one. */
const ASSIGNMENT = /^[A-Za-z_][\w.]*=(?!=)./s
const FLAG_WITH_VALUE = /^(-{1,2}[A-Za-z][\w.-]*?)[=:](.+)$/s
const CONNECTION_STRING =
  /(^|[;\s,])\s*(password|pwd|passwd|user id|uid|accountkey|sharedaccesskey|accesskey|apikey|token|secret)\s*=/i
const AUTHORIZATION = /\b(bearer|basic|token)\s+[\w.~+/=-]{6,}/i

/**
 * Prefixes that services put in front of the keys they hand out, so that tools such as this can find them. Where a
 * package's name could begin alike (`xai-mcp`), the length of a real key is asked for too.
 */
const KNOWN_PREFIXES = [
  /sk-[\w-]{6}/, /[srp]k_\w{6}/, /whsec_/, /gh[opsur]_/, /github_pat_/, /gl(?:pat|dt)-/, /xox[a-z]-/, /xapp-\d/,
  /A[KS]IA[A-Z0-9]{12}/, /AIza[\w-]{10}/, /ya29\./, /eyJ[\w-]{8}/, /npm_\w{8}/, /pypi-AgE/, /hf_\w{6}/, /SG\.\w/,
  /dop_v1_/, /shp(?:at|ss|ca)_/, /lin_api_/, /ntn_/, /secret_\w{16}/, /figd_/, /pplx-\w{16}/, /tvly-/, /gsk_/,
  /xai-\w{16}/, /r8_\w{8}/, /sbp_/, /pscale_/, /dapi[0-9a-f]{16}/, /PMAK-/, /-----BEGIN/,
] // biome-ignore format: a list
const KNOWN_KEY = new RegExp(
  `(?:^|[^A-Za-z0-9])(?:${KNOWN_PREFIXES.map((prefix) => prefix.source).join('|')})`,
)

/** Longer than any sensible argument: not looked into, taken for secret. */
const LONGEST = 1024

/**
 * Whether `value` may hold a secret. `argName` is the argument before it (`--token`), or null.
 * An argument such as `--token=x` is looked into by itself.
 */
export function looksSecret(argName: string | null, value: string): boolean {
  return hasSecretShape(argName, value) || hasSecretEntropy(value)
}

/** As `looksSecret`, but never by mere randomness: for commands, whose paths may hold hashes (Nix, caches). */
export function hasSecretShape(argName: string | null, value: string): boolean {
  if (value === '') return false
  if (value.length > LONGEST) return true
  if (argName !== null && isSecretFlag(argName)) return true
  if (KNOWN_KEY.test(value) || CONNECTION_STRING.test(value) || AUTHORIZATION.test(value))
    return true
  if (ASSIGNMENT.test(value) || isRevealingUrl(value)) return true
  // JSON: `--config '{"key": …}'`
  if (value.includes('{') && value.includes('"')) return true
  const flag = FLAG_WITH_VALUE.exec(value)
  // The value of one that is given in turn is not taken apart again: `--a=--b=…` could go on without end.
  if (flag) return isSecretFlag(flag[1] ?? '') || ASSIGNMENT.test(flag[2] ?? '')
  if (!/\s/.test(value)) return false
  const words = value.split(/\s+/)
  return words.some((word, index) => hasSecretShape(words[index - 1] ?? null, word))
}

/** Whether the flag, with its dashes or without, says that a secret follows. */
export function isSecretFlag(flag: string): boolean {
  if (flag === '-H') return true
  return flag.startsWith('-') && !flag.includes('=') && SECRET_NAME.test(flag)
}

/** A URL with more than scheme, host and port: user information, path, query and fragment all carry keys in the wild. */
function isRevealingUrl(value: string): boolean {
  for (const match of value.matchAll(/[A-Za-z][A-Za-z0-9+.-]{1,30}:\/\/([^\s'"]*)/g)) {
    const rest = match[1] ?? ''
    if (rest.includes('@') || /[?#]|\/[^/]/.test(rest)) return true
  }
  return false
}

function hasSecretEntropy(value: string): boolean {
  const withoutImageDigest = value.replace(/@sha256:[0-9a-f]{64}$/, '')
  if (/^[A-Za-z0-9+/]{32,}={0,2}$/.test(value) && isMixed(value) && entropy(value) >= 4.2)
    return true
  return withoutImageDigest.split(/[^A-Za-z0-9+_=-]+/).some(isRandom)
}

/** Keys mix digits into long runs of letters; names of packages and folders hardly do. */
function isRandom(segment: string): boolean {
  const run = longestRun(segment)
  if (run.length >= 20 && /[a-z]/i.test(run) && (run.match(/\d/g) ?? []).length >= 3) return true
  if (run.length >= 24 && /[a-z]/.test(run) && /[A-Z]/.test(run) && entropy(run) >= 4.2) return true
  return segment.length >= 20 && isMixed(segment) && entropy(segment) >= 3.6
}

function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text)
}

function longestRun(segment: string): string {
  let longest = ''
  for (const run of segment.split(/[^A-Za-z0-9]+/)) if (run.length > longest.length) longest = run
  return longest
}

/** Shannon entropy in bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
