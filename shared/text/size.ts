/** Sizes as a person writes and reads them: `250MiB`, `1GB`. */

export const SIZE_SHAPE = /^\d{1,7}(?:MB|GB|MiB|GiB)$/

const UNITS: Readonly<Record<string, number>> = {
  MB: 1_000_000,
  GB: 1_000_000_000,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
}

/** Bytes of a text of `SIZE_SHAPE`; NaN for any other. */
export function parseSize(text: string): number {
  if (!SIZE_SHAPE.test(text)) return Number.NaN
  const [digits, unit] = [text.replace(/\D+$/, ''), text.replace(/^\d+/, '')]
  return Number(digits) * (UNITS[unit] ?? Number.NaN)
}

/** `512 B`, `3.4 KiB`, `120 MiB`. */
export function sizeText(bytes: number): string {
  const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let [value, step] = [bytes, 0]
  while (value >= 1024 && step < steps.length - 1) {
    value /= 1024
    step += 1
  }
  const digits = step > 0 && value < 10 ? value.toFixed(1) : String(Math.round(value))
  return `${digits} ${steps[step] ?? 'B'}`
}
