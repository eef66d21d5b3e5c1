/** What reading a text gave: the value, or what is wrong with it and what to write instead. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly advice: string }

export function yes<T>(value: T): Reading<T> {
  return { ok: true, value }
}

/** `problem` says what was written, `advice` what to write; neither is a whole sentence. */
export function no(problem: string, advice: string): Reading<never> {
  return { ok: false, problem, advice }
}

/** In quotes, as it stands in the file. */
export function say(text: string): string {
  return `"${text}"`
}
