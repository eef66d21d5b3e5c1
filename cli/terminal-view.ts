/** The live table on a terminal, with what happens written above it. */
import { createLogUpdate } from 'log-update'
import type { Status } from '../shared/contract/answers.ts'
import type { View } from './commands/start.ts'
import type { Io, Screen } from './io.ts'
import { lookOf } from './look.ts'
import { renderBeginning, renderEvent, renderLive } from './render/live.ts'

export function createTerminalView(io: Io): View {
  const table = createLogUpdate(io.stream)
  let last: Status | null = null
  let ended = false
  /** What happens before the beginning is shown waits for it. */
  let waiting: string[] | null = []

  const draw = (): void => {
    const screen: Screen | null = io.screen()
    if (last === null || ended || waiting !== null || screen === null) return
    table(renderLive(last, { ...lookOf(io), rows: screen.rows }, io.nowMs()))
  }
  const print = (text: string): void => {
    table.clear()
    io.out(`${text}\n`)
    draw()
  }
  const stopResizing = io.onResize(() => {
    // The terminal has wrapped the old lines anew, so where they were is not known any more.
    table.clear()
    draw()
  })
  return {
    event(event) {
      const text = renderEvent(event, lookOf(io))
      if (text === null || ended) return
      if (waiting === null) print(text)
      else waiting.push(text)
    },
    status(status) {
      last = status
      draw()
    },
    begin(beginning) {
      last ??= beginning.status
      io.out(renderBeginning(beginning, lookOf(io)))
      const before = waiting ?? []
      waiting = null
      for (const text of before) print(text)
      draw()
    },
    end() {
      ended = true
      stopResizing()
      table.clear()
      table.done()
      io.out('Ended. What was seen: mcp-watch report\n')
    },
  }
}
