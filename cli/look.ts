/** How to write for this terminal, or for a file or pipe: without colour, nothing wrapped or cut. */
import type { Io } from './io.ts'
import type { Look } from './render/report.ts'
import { createStyle } from './render/style.ts'

export function lookOf(io: Io): Look {
  return { style: createStyle(io.color), columns: io.screen()?.columns ?? null }
}
