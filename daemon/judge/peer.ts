/** Who is at the other end of a loopback connection. */
import type { InstanceId } from '../../shared/model/ids.ts'

/**
 * `name` is the server's name or the executable's basename; `instance` is null for a process that is no configured
 * server. `none`: nobody listens there. `pending`: not looked up yet.
 */
export type Peer =
  | {
      readonly kind: 'process'
      readonly pid: number
      readonly name: string
      readonly instance: InstanceId | null
      readonly connectsOut: boolean
    }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'none' }
  | { readonly kind: 'pending' }
