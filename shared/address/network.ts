/** The larger network an address lies in. */
import ipaddr from 'ipaddr.js'

/**
 * `203.0.0.0/16`, `2001:db8::/32` of a canonical address: about what one provider has in one place, so that a service's
 * changing addresses are one. Anything else is given back as it is.
 */
export function wideNetwork(address: string): string {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    const [first, second] = address.split('.')
    return `${first}.${second}.0.0/16`
  }
  if (!ipaddr.IPv6.isValid(address)) return address
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${address}/32`)
  return `${network.toRFC5952String()}/32`
}
