export const TWINS = []
