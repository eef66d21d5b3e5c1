/** The capture service in the system's manager: its unit, and what installing and removing it means. Pure. */
import { NODE_FLAGS } from '../../shared/node-flags.ts'
import { CAPTURE_UNIT, CAPTURE_UNIT_PATH } from '../../shared/service/places.ts'
import { recordText, type ServiceRecord } from '../../shared/service/record.ts'
import type { Plan, PlannedCommand } from './facts.ts'
import type { Manager } from './manager.ts'
import { commandWord, unitWord } from './quote-systemd.ts'
import { parseSystemdState } from './state.ts'
import { fillIn } from './template.ts'

/** As it is to be typed. */
export const exactCommand = (word: 'install' | 'uninstall'): string =>
  `sudo mcp-watch service ${word} --exact`

export function renderCaptureUnit(template: string, record: ServiceRecord): string {
  const words = [...NODE_FLAGS, record.program, 'capture'].map(commandWord)
  return fillIn(template, {
    RECORD: recordText(record),
    EXEC: [unitWord(record.node), ...words].join(' '),
  })
}

const systemctl = (
  purpose: string,
  words: readonly string[],
  more: Partial<PlannedCommand> = {},
): PlannedCommand => ({ argv: ['systemctl', ...words], as: 'self', purpose, ...more })

/** `restart`: the service has to run what was written now. Without it one that runs is left alone. */
export function installExactPlan(content: string, restart: boolean): Plan {
  return {
    folders: [],
    files: [{ path: CAPTURE_UNIT_PATH, content, mode: 0o644 }],
    commands: [
      systemctl('make systemd read the unit', ['daemon-reload']),
      systemctl('have it started with the machine', ['enable', CAPTURE_UNIT]),
      systemctl('forget earlier failures', ['reset-failed', CAPTURE_UNIT], { mayFail: true }),
      systemctl('start the capture service', [restart ? 'restart' : 'start', CAPTURE_UNIT], {
        logs: `journalctl -u ${CAPTURE_UNIT}`,
      }),
    ],
  }
}

/** The file is removed between the first and the last command. */
export function uninstallExactCommands(): ReturnType<Manager['uninstall']> {
  return {
    before: [
      systemctl('stop the capture service', ['disable', '--now', CAPTURE_UNIT], { mayFail: true }),
    ],
    after: [
      systemctl('make systemd forget the unit', ['daemon-reload'], { mayFail: true }),
      systemctl('forget earlier failures', ['reset-failed', CAPTURE_UNIT], { mayFail: true }),
    ],
  }
}

const PROPERTIES = 'LoadState,ActiveState,UnitFileState,MainPID,NRestarts,Result'

/** Tells its state, to `parseState`; everybody may ask. */
export const askExact = systemctl('ask systemd for its state', [
  'show',
  `--property=${PROPERTIES}`,
  CAPTURE_UNIT,
])
export const parseExactState: Manager['parseState'] = parseSystemdState
