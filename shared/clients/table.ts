/**
 * The clients that are known, as data. Where several clients read one file, it belongs to the one it was made for
 * (`.mcp.json` to Claude Code, `.vscode/mcp.json` to VS Code): an entry must not be listed twice.
 */
import { CLAUDE_CODE, CLAUDE_DESKTOP } from './anthropic.ts'
import { DESKTOP, LM_STUDIO, ZED } from './desktop.ts'
import { EDITOR_EXTENSIONS } from './extensions.ts'
import { GATEWAYS } from './gateways.ts'
import { MORE_TERMINALS } from './more-terminals.ts'
import type { ClientRow } from './row.ts'
import { CODEX, TERMINALS } from './terminals.ts'
import { UNKNOWN } from './unknown.ts'
import { CURSOR, VSCODE_FAMILY } from './vscode-family.ts'

/** Every client, the unknown one last; order is the order of display. */
export const CLIENTS: readonly ClientRow[] = [
  CLAUDE_DESKTOP,
  CLAUDE_CODE,
  CURSOR,
  ...VSCODE_FAMILY,
  CODEX,
  ZED,
  LM_STUDIO,
  ...TERMINALS,
  ...EDITOR_EXTENSIONS,
  ...DESKTOP,
  ...MORE_TERMINALS,
  ...GATEWAYS,
  UNKNOWN,
]

/** Those that can be named to the user. */
export const NAMED_CLIENTS: readonly ClientRow[] = CLIENTS.filter((row) => row !== UNKNOWN)
