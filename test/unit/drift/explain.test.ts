import { describe, expect, it } from 'vitest'
import { explainChange } from '../../../daemon/drift/explain.ts'
import type { ServerChange } from '../../../shared/model/drift.ts'
import type { Server } from '../../../shared/model/server.ts'
import { entryOf, print, remoteOf } from './build.ts'

function told(server: Server, kind: 'added' | 'removed'): string {
  const { id: serverId, name, client, source, scope } = server
  const change: ServerChange = {
    serverId,
    kind,
    field: null,
    from: null,
    to: null,
    since: 1,
    at: 2,
  }
  const known = { serverId, name, client, source, scope, firstSeen: 1, arrived: null }
  return explainChange(change, { ...known, print: print(server), present: true })
}

describe('what is said of an entry that came or went', () => {
  const local = entryOf('cursor', 'notes', 'npx -y notes')
  const remote = remoteOf('cursor', 'far', 'one.example')
  const hidden: Server = { ...remote, endpoint: null }

  it('is that it runs, of what its client starts', () => {
    expect(told(local, 'added')).toContain('runs with all your rights')
    expect(told(local, 'removed')).toContain('A running copy of it goes on')
  })

  it.each([
    ['an address', remote, 'talk to "https://one.example:443"'],
    ['an address that is not known', hidden, 'was added'],
  ])('is where its client talks to, of one with %s: it starts nothing', (_, server, where) => {
    const added = told(server, 'added')
    expect(added).toContain(where)
    expect(added).toContain('Whatever the client tells this server goes there')
    for (const text of [added, told(server, 'removed')])
      expect(text).not.toMatch(/It runs|all your rights|running copy/)
  })
})
