/** The commands by which a user decides: policy, expect, allow, mute, unmute. Loaded only when they run. */
import { type Command, Option } from 'commander'
import type { ExitCode } from '../shared/errors.ts'
import type { AllowOptions } from './commands/allow.ts'
import type { ExpectOptions } from './commands/expect.ts'
import type { MuteOptions } from './commands/mute.ts'
import type { Io } from './io.ts'
import { durationWithin } from './options.ts'

const FOR_BOUNDS = { least: 60_000, most: 3650 * 24 * 60 * 60_000 } as const

const jsonOption = (): Option => new Option('--json', 'print JSON, for programs')
const clientOption = (): Option =>
  new Option('--client <id>', 'the client, where several have a server of this name')
const forOption = (): Option =>
  new Option('--for <duration>', 'only for so long, like 8h or 7d').argParser(
    durationWithin(FOR_BOUNDS),
  )

type Done = (code: ExitCode) => void

/** Adds them to the program; `done` is handed the exit code. */
export function addDeciding(program: Command, io: Io, done: Done): void {
  addPolicy(program, io, done)
  program
    .command('expect')
    .description('say what a server is expected to talk to')
    .argument('<server>', 'its name or id')
    .argument('<what...>', 'none, local-only, lan or open; or hosts, like api.example.com:443')
    .addOption(clientOption())
    .addOption(jsonOption())
    .action(async (server: string, what: string[], options: ExpectOptions) => {
      const { expect } = await import('./commands/expect.ts')
      done(await expect(server, what, options, io))
    })
  program
    .command('allow')
    .description('let a server talk to one more host')
    .argument('<server>', 'its name or id')
    .argument('<host>', 'like api.example.com:443, .example.com or 10.0.0.0/8')
    .addOption(forOption())
    .addOption(clientOption())
    .addOption(jsonOption())
    .action(async (server: string, host: string, options: AllowOptions) => {
      const { allow } = await import('./commands/allow.ts')
      done(await allow(server, host, options, io))
    })
  program
    .command('mute')
    .description('record findings of a kind about a server without notifying')
    .argument('<server>', 'its name or id')
    .argument('<kind>', 'the kind of finding, like local-only-egress')
    .addOption(forOption())
    .addOption(clientOption())
    .addOption(jsonOption())
    .action(async (server: string, kind: string, options: MuteOptions) => {
      const { mute } = await import('./commands/mute.ts')
      done(await mute(server, kind, options, io))
    })
  program
    .command('unmute')
    .description('notify of them again')
    .argument('<server>', 'its name or id')
    .argument('<kind>', 'the kind of finding')
    .addOption(clientOption())
    .addOption(jsonOption())
    .action(async (server: string, kind: string, options: ExpectOptions) => {
      const { unmute } = await import('./commands/mute.ts')
      done(await unmute(server, kind, options, io))
    })
}

function addPolicy(program: Command, io: Io, done: Done): void {
  const policy = program
    .command('policy')
    .description('what servers are expected to do: where it is written, whether it is right')
  const parts = [
    ['path', 'print where the policy file is'],
    ['check', 'say what is wrong with the policy file, and what to write instead'],
    ['show', 'show the rules, and the servers that each is about'],
  ] as const
  for (const [name, description] of parts) {
    policy
      .command(name)
      .description(description)
      .addOption(jsonOption())
      .action(async (options: { json?: boolean }) => {
        const commands = await import('./commands/policy.ts')
        done(await commands[name](options, io))
      })
  }
}
