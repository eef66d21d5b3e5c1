/** All known servers, by theme. */
import { DEVELOPER_SERVERS } from './developer-servers.ts'
import type { KnownServer } from './known-server.ts'
import { LOCAL_SERVERS } from './local-servers.ts'
import { NEARBY_SERVERS } from './nearby-servers.ts'
import { OPEN_SERVERS } from './open-servers.ts'
import { SEARCH_SERVERS } from './search-servers.ts'
import { WORK_SERVERS } from './work-servers.ts'

export const CATALOGUE: readonly KnownServer[] = [
  ...LOCAL_SERVERS,
  ...NEARBY_SERVERS,
  ...DEVELOPER_SERVERS,
  ...WORK_SERVERS,
  ...SEARCH_SERVERS,
  ...OPEN_SERVERS,
]
