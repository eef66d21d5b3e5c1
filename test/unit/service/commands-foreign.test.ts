import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServiceScene, type ServiceScene } from './service-scene.ts'

let scene: ServiceScene
beforeEach(() => {
  scene = createServiceScene()
})
afterEach(() => scene.remove())

describe('a service file that somebody else wrote', () => {
  const theirs = '[Service]\nExecStart=/usr/local/bin/mcp-watch start\n'
  const write = (path: string): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, theirs)
  }

  it.each(['install', 'uninstall', 'install --dry-run', 'uninstall --dry-run'])(
    'is left as it is by %s, which says what to do by hand',
    async (words) => {
      write(scene.unit())
      expect(await scene.service(words)).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringMatching(
          /not written by this program.*\n.*"systemctl --user disable --now mcp-watch.service"/,
        ),
      })
      expect(readFileSync(scene.unit(), 'utf8')).toBe(theirs)
      expect(scene.done()).toEqual([])
    },
  )

  it('is left as it is on macOS too', async () => {
    const plist = join(scene.home, 'Library/LaunchAgents/local.mcp-watch.plist')
    write(plist)
    const { code, err } = await scene.service('uninstall', { platform: 'darwin' })
    expect([code, scene.done()]).toEqual([2, []])
    expect(err).toContain('"launchctl bootout gui/1000/local.mcp-watch"')
    expect(readFileSync(plist, 'utf8')).toBe(theirs)
  })

  it('is not said to be mended by an installation that would refuse', async () => {
    write(scene.unit())
    const { out } = await scene.service('status')
    expect(out).toContain('move the file away, then "mcp-watch service install"')
    expect(out).not.toContain('mends')
  })

  it('and a folder in its place is said to be one', async () => {
    mkdirSync(scene.unit(), { recursive: true })
    const { code, err } = await scene.service('install')
    expect(code).toBe(4)
    expect(err).toMatch(/EISDIR.*\n.*a folder is in the place of the file: move it away/)
  })
})
