/** The keyed hash by which arguments that may hold secrets are compared: the key stays in its own 0600 file. */
import { createHmac, randomBytes } from 'node:crypto'
import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'

const SALT_BYTES = 32

/** Reads the key from `salt` in the state folder, making it at first use. Throws STATE_FOLDER. */
export function readSalt(stateFolder: string): Buffer {
  const path = join(stateFolder, 'salt')
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat !== undefined) {
      // Reading a FIFO would wait for its writer; writing over a link would change what it leads to.
      if (!stat.isFile()) throw new Error('not a plain file')
      const salt = readFileSync(path)
      if (salt.length === SALT_BYTES) return salt
    }
    const salt = randomBytes(SALT_BYTES)
    writeFileSync(path, salt, { mode: 0o600 })
    return salt
  } catch (cause) {
    throw new McpWatchError('STATE_FOLDER', `the key ${path} can be neither read nor made`, {
      hint: 'see that it is a plain file of yours; without it a new one is made',
      cause,
    })
  }
}

/** A key that lives as long as the process, for a scan that leaves nothing behind. */
export function temporarySalt(): Buffer {
  return randomBytes(SALT_BYTES)
}

export function keyedDigest(salt: Buffer): (text: string) => string {
  return (text) => createHmac('sha256', salt).update(text).digest('hex').slice(0, 32)
}
