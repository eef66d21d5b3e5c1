/** The keyed hash by which arguments that may hold secrets are compared: the key stays in its own 0600 file. */
import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SALT_BYTES = 32

/** Reads the key from `salt` in the state folder, making it at first use. */
export function readSalt(stateFolder: string): Buffer {
  const path = join(stateFolder, 'salt')
  try {
    const salt = readFileSync(path)
    if (salt.length === SALT_BYTES) return salt
  } catch {
    // first start: made below
  }
  const salt = randomBytes(SALT_BYTES)
  writeFileSync(path, salt, { mode: 0o600 })
  return salt
}

/** A key that lives as long as the process, for a scan that leaves nothing behind. */
export function temporarySalt(): Buffer {
  return randomBytes(SALT_BYTES)
}

export function keyedDigest(salt: Buffer): (text: string) => string {
  return (text) => createHmac('sha256', salt).update(text).digest('hex').slice(0, 32)
}
