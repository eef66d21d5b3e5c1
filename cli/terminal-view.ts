/** The live table on a terminal, with what happens written above it. */
import { clearScreenDown, moveCursor } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { createLogUpdate } from 'log-update'
import type { Status } from '../shared/contract/answers.ts'
import type { Io } from './io.ts'
import { lookOf } from './look.ts'
import { renderBeginning, renderEvent, renderLive } from './render/live.ts'
import { width } from './render/text.ts'
import type { View } from './view.ts'

export function createTerminalView(io: Io): View {
  const table = createLogUpdate(io.stream)
  let last: Status | null = null
  let drawn = ''
  let ended = false
  /** What happens before the beginning is shown waits for it. */
  let waiting: string[] | null = []

  const draw = (): void => {
    const screen = io.screen()
    if (last === null || ended || waiting !== null || screen === null) return
    drawn = renderLive(last, { ...lookOf(io), rows: screen.rows }, io.nowMs())
    table(drawn)
  }
  const print = (text: string): void => {
    table.clear()
    io.out(`${text}\n`)
    draw()
  }
  const stopResizing = io.onResize(() => {
    eraseReflowed(io, drawn)
    table.done()
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

/** A terminal that got narrower has broken the old lines anew: erases as many as they take now. */
function eraseReflowed(io: Io, drawn: string): void {
  const screen = io.screen()
  if (drawn === '' || screen === null) return
  const lines = stripVTControlCharacters(drawn).split('\n')
  const rows = lines.map((line) => Math.max(1, Math.ceil(width(line) / screen.columns)))
  const height = rows.reduce((sum, each) => sum + each, 0)
  io.out('\r')
  moveCursor(io.stream, 0, -Math.min(height, screen.rows - 1))
  clearScreenDown(io.stream)
}
