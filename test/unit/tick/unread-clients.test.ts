import { expect, it } from 'vitest'
import { unreadClients } from '../../../daemon/tick/unread-clients.ts'

it('is not sure of clients with a file that never could be read', () => {
  const bad = (client: string, file: string) => ({
    client,
    file,
    line: 1,
    column: 1,
    message: 'not JSON',
  })
  const diagnostics = [bad('cursor', '/c'), bad('codex', '/x'), bad('zed', '/z')]
  const files = [
    { client: 'cursor', file: '/c', servers: 2 },
    { client: 'codex', file: '/x', servers: 0 },
  ]
  expect([...unreadClients({ diagnostics, files })]).toEqual(['codex', 'zed'])
})
