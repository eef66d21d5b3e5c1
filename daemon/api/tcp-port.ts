/** Which port the API is on. */

/**
 * "MCPW" on a telephone's keys. IANA assigns nobody 6270 to 6299, and it lies below the ports that systems hand out by
 * themselves (from 32768 on Linux, 49152 on macOS and in RFC 6335), so that no passing connection can hold it.
 */
export const DEFAULT_TCP_PORT = 6279
