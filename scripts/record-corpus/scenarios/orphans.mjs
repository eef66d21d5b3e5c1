export const ORPHANS = []
