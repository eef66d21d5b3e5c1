/** A configuration file as parsed, whatever its format: named values with the places they stand at. */
import type { KeyPath } from '../../shared/clients/row.ts'

/** Line and column count from 1; columns are UTF-16 code units, as editors count them. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface Item {
  readonly key: string
  /** Plain data, made when asked for: a file can hold much that is none of our business. Read objects by own keys only. */
  readonly value: () => unknown
  readonly position: Position | null
  /** A later member of the same map has the same key, and replaces this one. */
  readonly replaced: boolean
}

export type Items =
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'absent' }
  /** Something is there, but it is not a map. */
  | { readonly kind: 'not-a-map'; readonly position: Position | null }

export interface Document {
  /** The members of the map at `path`. `*` has no meaning here. */
  items(path: KeyPath): Items
  /** The value at `path`, undefined where there is none. */
  value(path: KeyPath): unknown
}

/** `message` never quotes the file. */
export interface Problem {
  readonly position: Position | null
  readonly message: string
}

export type Parsed =
  | { readonly ok: true; readonly document: Document }
  | { readonly ok: false; readonly problem: Problem }

export function failed(message: string, position: Position | null): Parsed {
  return { ok: false, problem: { message, position } }
}
