import type { JSONPath } from 'jsonc-parser'

/** Says what is wrong at a place in the policy file, and how to write it. */
export type Tell = (path: JSONPath, message: string, advice: string) => void
