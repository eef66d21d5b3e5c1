/** A plan as text, for `--dry-run`. Pure. */
import { shellWord } from '../../shared/text/shell-word.ts'
import { clean } from '../render/text.ts'
import type { PlannedCommand, PlannedFile } from './facts.ts'

export type Step =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'write'; readonly file: PlannedFile }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'run'; readonly command: PlannedCommand }

/** Files with all that would be in them. Nothing of it comes from a watched program. */
export function showSteps(steps: readonly Step[]): string {
  return steps.map(showStep).join('')
}

function showStep(step: Step): string {
  switch (step.kind) {
    case 'folder':
      return `make folder ${clean(step.path)} (mode 700) if it is not there\n`
    case 'write': {
      const { path, content } = step.file
      const lines = content.trimEnd().split('\n')
      return [`write ${clean(path)}:`, ...lines.map((line) => `  | ${line}`.trimEnd()), ''].join(
        '\n',
      )
    }
    case 'remove':
      return `remove ${clean(step.path)}\n`
    case 'run':
      return `run ${step.command.argv.map((word) => shellWord(word) ?? clean(word)).join(' ')}\n`
  }
}
