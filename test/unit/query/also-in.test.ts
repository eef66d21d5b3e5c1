import { describe, expect, it } from 'vitest'
import { groupEntries } from '../../../daemon/query/also-in.ts'

const row = (client: string, server: string, what: string) => ({
  serverId: `${client}:${server}`,
  server,
  client,
  what,
})

describe('one server in several clients', () => {
  it('names for each entry those of other clients', () => {
    const found = groupEntries([
      row('codex', 'notes', 'npm notes'),
      row('cursor', 'notes', 'npm notes'),
      row('cursor', 'more notes', 'npm notes'),
      row('cursor', 'alone', 'npm alone'),
    ])
    expect(found.get('codex:notes')?.map(({ serverId }) => serverId)).toEqual([
      'cursor:notes',
      'cursor:more notes',
    ])
    expect(found.get('cursor:notes')).toEqual([
      { serverId: 'codex:notes', server: 'notes', client: 'codex' },
    ])
    expect([...found.keys()]).not.toContain('cursor:alone')
  })

  it('says nothing of two entries of one client', () => {
    expect(groupEntries([row('cursor', 'a', 'x'), row('cursor', 'b', 'x')]).size).toBe(0)
  })
})
