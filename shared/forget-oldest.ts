/** Keeps what is remembered within bounds. */

/** Drops what was put in first until `most` are left: a Map keeps that order. */
export function forgetOldest(remembered: Map<unknown, unknown>, most: number): void {
  for (const oldest of remembered.keys()) {
    if (remembered.size <= most) return
    remembered.delete(oldest)
  }
}
