import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { declaresCommand } from '../../../shared/argv/entry-points.ts'

describe('declaresCommand', () => {
  const text = '[a.plugins]\nother = x:y\n\n[console_scripts]\nnotes = n.cli:main [extra]\n[gui_scripts]\ntray=n:t\n'

  it('finds commands in their two sections only', () => {
    expect(['notes', 'tray'].map((name) => declaresCommand(text, name))).toEqual([true, true])
    expect(['other', 'main', '', 'note'].map((name) => declaresCommand(text, name))).toEqual(
      [false, false, false, false],
    )
  })

  it('reads any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (any, name) => {
        declaresCommand(any, name)
      }),
    )
  })
}) // biome-ignore format: a text
