export const DISGUISES = []
