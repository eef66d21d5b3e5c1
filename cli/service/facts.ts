/** What a service file and the commands around it are made of. Types only. */
import type { EngineName } from '../../shared/model/observation.ts'
import type { ServiceRecord } from '../../shared/service/record.ts'

/** Who starts the daemon: the user's own service manager, or the one of the whole system (Linux only). */
export type Scope = 'user' | 'system'

/** How the daemon is to look; as for `start`, written into the service file. */
export interface WatchOptions {
  readonly engine?: EngineName
  readonly interval?: { readonly text: string; readonly ms: number }
  readonly port?: number
}

export interface ServiceFacts {
  readonly platform: 'linux' | 'darwin'
  readonly scope: Scope
  /** Whose clients are watched. */
  readonly user: { readonly uid: number; readonly name: string; readonly home: string }
  /** This process is root: on behalf of the user above where that is not root. */
  readonly isRoot: boolean
  readonly record: ServiceRecord
  readonly options: WatchOptions
  /** Folders as they count for this user now, by the variable that names them to the daemon. */
  readonly environment: Readonly<Record<string, string>>
  /** All absolute. */
  readonly folders: {
    readonly state: string
    /** `$XDG_CONFIG_HOME` as the user's service manager knows it; user units go to `systemd/user` below it. */
    readonly managerConfig: string
    readonly policyFile: string
  }
  /** The folder for temporary files where the API's socket has to be in it, else null: it cannot be a private one then. */
  readonly sharedTmp: string | null
  /** The daemon can tell the service manager that it is well. */
  readonly canNotify: boolean
}

export interface PlannedFile {
  readonly path: string
  readonly content: string
  /** 0644 for what a service manager reads. */
  readonly mode: number
}

export interface PlannedCommand {
  /** The program's name and its arguments. */
  readonly argv: readonly [string, ...string[]]
  /** What it does, to be told when it fails. */
  readonly purpose: string
  /** As the user whose service it is (also under sudo), or as whoever runs this. */
  readonly as: 'user' | 'self'
  /** Its failure means nothing, as when there is nothing to remove. */
  readonly mayFail?: boolean
  /** What may say why it failed; "mcp-watch service logs" where nothing else is named. */
  readonly logs?: string
  /** Run it again for a while when it fails: launchd takes some time to let go of a service. */
  readonly retry?: boolean
}

/** What is to be done, complete: a dry run prints it, an installation does it. */
export interface Plan {
  /** Made with 0700 where they are missing. */
  readonly folders: readonly string[]
  readonly files: readonly PlannedFile[]
  readonly commands: readonly PlannedCommand[]
}
