/** How a length of time is written, on the command line and in the policy file: `500ms`, `1.5h`, `7d`. */
export const DURATION_SHAPE = /^\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d|w)$/
