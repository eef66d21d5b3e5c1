/** The token that a request over TCP has to bring: what a program can present that can read the user's own files. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'

const TOKEN_BYTES = 32
/** 32 bytes in base64url (RFC 4648, 5) without padding. */
const TOKEN_FORM = /^[\w-]{43}$/
const MAX_FILE_BYTES = 128

export function tokenPath(stateFolder: string): string {
  return join(stateFolder, 'token')
}

/**
 * The token in the state folder, made at first use. One that others could have read or written, or that is no token at
 * all, is replaced: whoever kept the old one is refused from then on. Throws STATE_FOLDER.
 */
export function readToken(stateFolder: string): string {
  const path = tokenPath(stateFolder)
  return readPrivate(path) ?? makeToken(path)
}

/** Null for what is not a regular file of this user, readable by nobody else, with a token in it. */
function readPrivate(path: string): string | null {
  let file: number | null = null
  try {
    // A pipe in its place would keep open(2) waiting.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stat = fstatSync(file)
    const isPrivate = stat.isFile() && (stat.mode & 0o077) === 0 && stat.nlink === 1
    if (!isPrivate || stat.uid !== process.geteuid?.() || stat.size > MAX_FILE_BYTES) return null
    const text = readFileSync(file, 'utf8').trim()
    return TOKEN_FORM.test(text) ? text : null
  } catch {
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}

/** Written beside and renamed, so that nobody ever reads half a token, and what a link pointed at stays as it is. */
function makeToken(path: string): string {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const fresh = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = openSync(fresh, 'wx', 0o600)
    try {
      writeSync(file, `${token}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(fresh, path)
    return token
  } catch (cause) {
    throw new McpWatchError('STATE_FOLDER', `the token ${path} cannot be written`, {
      hint: 'see that no folder is in its place, the state folder is writable and its disk is not full',
      cause,
    })
  }
}

/** Takes the same time for every wrong token: what is compared are digests, of equal length whatever came. */
export function tokenCheck(token: string): (presented: string) => boolean {
  const expected = digest(token)
  return (presented) => timingSafeEqual(digest(presented), expected)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
