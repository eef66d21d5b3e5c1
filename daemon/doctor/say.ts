/** How a check says what it found. Pure. */
import type { Check } from '../../shared/contract/doctor.ts'

export type Say = Omit<Check, 'area'>

export const ok = (message: string): Say => ({ status: 'ok', message, hint: null })
export const note = (message: string, hint: string | null = null): Say => ({
  status: 'note',
  message,
  hint,
})
export const warning = (message: string, hint: string | null = null): Say => ({
  status: 'warning',
  message,
  hint,
})
export const blocked = (message: string, hint: string | null = null): Say => ({
  status: 'blocked',
  message,
  hint,
})

/** `1 file`, `2 files`. */
export function count(many: number, one: string, several = `${one}s`): string {
  return `${many} ${many === 1 ? one : several}`
}
