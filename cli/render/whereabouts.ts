/** Where the daemon that begins can be reached, and for whom it watches, as `start` says it. */
import { clean } from './text.ts'

export interface Whereabouts {
  readonly tcp: { readonly port: number | null; readonly moved: boolean }
  readonly notice: string | null
}

/** Nothing is said of an API that is on no port. */
export function whereaboutsLines({ tcp, notice }: Whereabouts): readonly string[] {
  const { port, moved } = tcp
  const url = `http://127.0.0.1:${port}`
  return [
    ...(notice === null ? [] : [`${clean(notice)}.`]),
    ...(port === null ? [] : [moved ? `API: ${url} (the usual port is taken)` : `API: ${url}`]),
  ]
}
