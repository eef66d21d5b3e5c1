/**
 * Finds which of many places exist below a folder, at the price of what exists: a folder's modification time changes
 * when a name comes or goes (POSIX rename, open, unlink), so that what it holds is listed again only then, and of what
 * is not there nothing is asked.
 */
import { readdirSync, statSync } from 'node:fs'
import { type PlaceTree, starOf } from './place-tree.ts'

/** Of one folder's names, as many as one star may stand for. */
const MAX_MATCHES = 1000
/** A folder with more names is asked for each wanted name instead of being listed again at each change. */
const CROWDED = 2000
/** The kernel stamps by a coarse clock: a stamp this young may hide one more change. */
const STAMP_DOUBT_MS = 100
const MAX_REMEMBERED = 20_000

/** Called for every place that exists, or may: of a folder that cannot be listed, every name is taken to be there. */
export type Visit<T> = (end: T, path: string, stars: readonly string[]) => void

export interface Walker<T> {
  walk(folder: string, tree: PlaceTree<T>, visit: Visit<T>): void
}

/** A name in a folder that leads on. */
interface Step<T> {
  readonly path: string
  /** What the star stands for, null for a name that is wanted literally. */
  readonly star: string | null
  readonly tree: PlaceTree<T>
}

interface Listing<T> {
  readonly stamp: string
  readonly crowded: boolean
  readonly steps: readonly Step<T>[]
}

type Stamp =
  | { readonly kind: 'absent' }
  /** It is there for all we know, but cannot be looked at. */
  | { readonly kind: 'hidden' }
  | { readonly kind: 'folder'; readonly stamp: string; readonly young: boolean }

/** One for each kind of tree: what it remembers of a folder is what that tree wants from it. */
export function createWalker<T>(wallMs: () => number): Walker<T> {
  const listings = new Map<PlaceTree<T>, Map<string, Listing<T>>>()
  let remembered = 0

  const stepsIn = (folder: string, tree: PlaceTree<T>): readonly Step<T>[] => {
    const known = listings.get(tree)?.get(folder)
    // Where all that is wanted was there, nothing can come; what goes, the look at the file itself tells.
    if (known !== undefined && tree.stars.length === 0 && known.steps.length === tree.names.size)
      return known.steps
    const now = stampOf(folder, wallMs)
    if (now.kind === 'absent') return []
    if (now.kind === 'hidden') return blindly(folder, tree)
    if (known?.stamp === now.stamp) return known.steps
    const listing = list(folder, tree, now.young ? '' : now.stamp, known?.crowded ?? false)
    if (listing === null) return blindly(folder, tree)
    if (known === undefined) remembered += 1
    if (remembered > MAX_REMEMBERED) {
      listings.clear()
      remembered = 1
    }
    const ofTree = listings.get(tree) ?? new Map<string, Listing<T>>()
    listings.set(tree, ofTree.set(folder, listing))
    return listing.steps
  }

  const walk = (
    folder: string,
    tree: PlaceTree<T>,
    visit: Visit<T>,
    stars: readonly string[],
  ): void => {
    for (const step of stepsIn(folder, tree)) {
      const all = step.star === null ? stars : [...stars, step.star]
      for (const end of step.tree.ends) visit(end, step.path, all)
      if (step.tree.names.size > 0 || step.tree.stars.length > 0)
        walk(step.path, step.tree, visit, all)
    }
  }
  return { walk: (folder, tree, visit) => walk(folder, tree, visit, []) }
}

function stampOf(folder: string, wallMs: () => number): Stamp {
  try {
    const stat = statSync(folder === '' ? '/' : folder, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined || !stat.isDirectory()) return { kind: 'absent' }
    const { dev, ino, mtimeNs, ctimeNs } = stat
    const age = Math.abs(wallMs() - Number(mtimeNs / 1_000_000n))
    const stamp = `${dev}:${ino}:${mtimeNs}:${ctimeNs}`
    return { kind: 'folder', stamp, young: age < STAMP_DOUBT_MS }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    return { kind: code === 'EACCES' || code === 'EPERM' || code === 'EIO' ? 'hidden' : 'absent' }
  }
}

/** Null for a folder whose names we may not read; we may know some all the same. */
function list<T>(
  folder: string,
  tree: PlaceTree<T>,
  stamp: string,
  wasCrowded: boolean,
): Listing<T> | null {
  if (wasCrowded && tree.stars.length === 0) {
    const steps = blindly(folder, tree).filter(({ path }) => isThere(path))
    return { stamp, crowded: true, steps }
  }
  try {
    const names = readdirSync(folder === '' ? '/' : folder)
    return { stamp, crowded: names.length > CROWDED, steps: stepsOf(folder, tree, names) }
  } catch {
    return null
  }
}

function stepsOf<T>(folder: string, tree: PlaceTree<T>, names: readonly string[]): Step<T>[] {
  const steps: Step<T>[] = []
  const there = new Set(names)
  for (const [name, below] of tree.names)
    if (there.has(name)) steps.push({ path: `${folder}/${name}`, star: null, tree: below })
  for (const branch of tree.stars) {
    const found = names.flatMap((name) => {
      const star = starOf(branch, name)
      return star === null ? [] : [{ path: `${folder}/${name}`, star, tree: branch.tree }]
    })
    // Sorted, so that the same ones are left out each time.
    found.sort((a, b) => (a.path < b.path ? -1 : 1))
    steps.push(...found.slice(0, MAX_MATCHES))
  }
  return steps
}

/** Every wanted name; what a star might stand for cannot be known. */
function blindly<T>(folder: string, tree: PlaceTree<T>): Step<T>[] {
  return [...tree.names].map(([name, below]) => ({
    path: `${folder}/${name}`,
    star: null,
    tree: below,
  }))
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}
