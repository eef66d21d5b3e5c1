/** Makes text that somebody else wrote safe to show on a terminal or in a log line. */

/**
 * Escape sequences of ECMA-48: CSI, then the string kinds (OSC, DCS, SOS, PM, APC) when they are ended, then two-byte
 * ones. An unended string loses only its introducer, so nobody can hide the rest of a line behind one.
 */
const ESCAPE_SEQUENCES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g
const LINE_BREAKS = /[\t\n\v\f\r\u0085\p{Zl}\p{Zp}]+/gu
/** Cc: control characters. Cf: bidirectional controls, zero-width characters, tags (Unicode ch. 23). */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu
const LONE_SURROGATE = /\p{Cs}/gu

/** One line of visible text: no escape sequence, control, bidirectional or zero-width character is left. Total. */
export function stripControl(text: string): string {
  return text
    .replace(ESCAPE_SEQUENCES, '')
    .replace(LINE_BREAKS, ' ')
    .replace(INVISIBLE, '')
    .replace(LONE_SURROGATE, '\ufffd')
}
