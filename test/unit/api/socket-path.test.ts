import { describe, expect, it } from 'vitest'
import { socketPath } from '../../../daemon/api/socket-path.ts'

const places = {
  runtimeFolder: '/run/user/1000',
  stateFolder: '/home/user/.local/state/mcp-watch',
  temporaryFolder: '/tmp',
  uid: 1000,
}

describe('socketPath', () => {
  it('is in the runtime folder', () => {
    expect(socketPath(places).path).toBe('/run/user/1000/mcp-watch/api.sock')
  })

  it.each([null, 'run/user', '', `/${'r'.repeat(90)}`])('is in the state folder with %j', (it) => {
    expect(socketPath({ ...places, runtimeFolder: it }).folder).toBe(places.stateFolder)
  })

  it('is in the temporary folder where the others are too long, another for each state folder', () => {
    const at = (stateFolder: string): string =>
      socketPath({ ...places, runtimeFolder: null, stateFolder }).path
    // 100 bytes in 50 characters: sun_path counts bytes.
    const [one, two] = [at(`/${'é'.repeat(50)}`), at(`/${'è'.repeat(50)}`)]
    expect(one).toMatch(/^\/tmp\/mcp-watch-1000-[0-9a-f]{12}\/api\.sock$/)
    expect(two).not.toBe(one)
  })
})
