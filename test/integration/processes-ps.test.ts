/** What ps tells of real processes of this machine, and what they use. */
import psList from 'ps-list'
import { describe, expect, it } from 'vitest'
import { createPackages } from '../../daemon/processes/packages.ts'
import { createPsSource } from '../../daemon/processes/ps-source.ts'
import { createUsageSource } from '../../daemon/processes/usage-source.ts'
import { clock, end, line, until, useProcesses } from './real-processes.ts'

const real = useProcesses()

describe('the source by ps', () => {
  it('tells a node child, its parent and an exec', async () => {
    const source = createPsSource({
      psList,
      clock,
      packages: createPackages(clock),
      ownUid: process.getuid?.() ?? -1,
      commIsPath: process.platform === 'darwin',
    })
    const file = real.script('with space.js', 'process.stdin.resume(); console.log("up")')
    const child = real.run(process.execPath, [file])
    await line(child)
    const found = await until(source, child.pid, () => true)
    expect(found).toMatchObject({ ppid: process.pid, argvForm: 'joined', epoch: 0 })
    expect(found.argv).toEqual([`${process.execPath} ${file}`])
    expect(found.script?.realPath).toBe(file)
    expect(Math.abs(found.startedAt - Date.now())).toBeLessThan(60_000)

    const shell = real.run('sh', ['-c', 'read line; exec sleep 300'])
    const before = await until(source, shell.pid, (one) => one.argv[0]?.startsWith('sh ') === true)
    shell.stdin?.write('go\n')
    const after = await until(source, shell.pid, (one) => one.argv[0] === 'sleep 300')
    expect(after.epoch).toBe(before.epoch + 1)
  })
})

describe('the usage source', () => {
  it('tells memory and processor share of a busy child, and leaves out what is gone', async () => {
    const source = createUsageSource(clock)
    const file = real.script('busy.js', 'console.log("up"); for (;;) ;')
    const child = real.run(process.execPath, [file])
    await line(child)
    const gone = real.run('sleep', ['300'])
    await end(gone)
    await source.usage([child.pid])
    const deadline = performance.now() + 10_000
    for (;;) {
      const usage = await source.usage([child.pid, gone.pid])
      expect(usage.has(gone.pid)).toBe(false)
      const own = usage.get(child.pid)
      if (own !== undefined && own.cpuPercent > 10 && own.memoryBytes > 10_000_000) break
      if (performance.now() > deadline) throw new Error(`no share seen: ${JSON.stringify(own)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
})
