/** Many relative paths as one tree, so that a folder that is not there answers for all that would be below it. Pure. */

/** `T` is what a path leads to; several may end in one place. */
export interface PlaceTree<T> {
  readonly names: ReadonlyMap<string, PlaceTree<T>>
  readonly stars: readonly StarBranch<T>[]
  readonly ends: readonly T[]
}

/** Matches names that begin and end so, with at least one character between. */
export interface StarBranch<T> {
  readonly before: string
  readonly after: string
  readonly tree: PlaceTree<T>
}

interface Growing<T> extends PlaceTree<T> {
  readonly names: Map<string, Growing<T>>
  readonly stars: { readonly before: string; readonly after: string; readonly tree: Growing<T> }[]
  readonly ends: T[]
}

/** Of paths whose segments may each hold one `*`. */
export function placeTree<T>(places: readonly (readonly [path: string, end: T])[]): PlaceTree<T> {
  const root = empty<T>()
  for (const [path, end] of places) {
    let at = root
    for (const segment of path.split('/')) at = below(at, segment)
    at.ends.push(end)
  }
  return root
}

/** What `name` stands for at the star, or null where it does not fit. */
export function starOf({ before, after }: StarBranch<unknown>, name: string): string | null {
  const fits =
    name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after)
  return fits ? name.slice(before.length, name.length - after.length) : null
}

function below<T>(tree: Growing<T>, segment: string): Growing<T> {
  const star = segment.indexOf('*')
  if (star < 0) {
    const known = tree.names.get(segment) ?? empty<T>()
    tree.names.set(segment, known)
    return known
  }
  const [before, after] = [segment.slice(0, star), segment.slice(star + 1)]
  const known = tree.stars.find((other) => other.before === before && other.after === after)
  if (known !== undefined) return known.tree
  const made = { before, after, tree: empty<T>() }
  tree.stars.push(made)
  return made.tree
}

function empty<T>(): Growing<T> {
  return { names: new Map(), stars: [], ends: [] }
}
