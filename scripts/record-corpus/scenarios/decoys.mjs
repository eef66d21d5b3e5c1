export const DECOYS = []
