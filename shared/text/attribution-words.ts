/** The sentences of docs/attribution.md, for `explain`. A test holds the page and this file together. */
import type { Quality, Reason } from '../model/attribution.ts'

export const QUALITY_SENTENCES: Readonly<Record<Quality, string>> = {
  exact:
    'The script, package, module or program is the configured one, all arguments agree, and a known client started it.',
  launcher:
    'Only the launcher’s command line tells so far, for instance npx while it still installs, or docker run.',
  'args-subset':
    'It is the configured program, but the arguments agree only in part, or were overwritten.',
  listener: 'A server reached over HTTP on this machine, known by the port it listens on.',
  remembered:
    'The root process has ended; what it started lives on and is still counted as the instance.',
  'one-of':
    'Several entries have the same command, and nothing tells which of them this is. All are named.',
  'no-client':
    'It is the configured command, but no known client is above it or at the other end of its standard input: started by hand, by another tool, or left over.',
  unconfigured:
    'No configuration declares it: a client runs it, and its package or its name is that of an MCP server.',
}

export const REASON_SENTENCES: Readonly<Record<Reason, string>> = {
  package:
    'The package runner was told to run the configured package, or the running script belongs to it.',
  script: 'The running script is the configured file, links followed.',
  module: 'Python runs the configured module.',
  binary: 'The running program is the configured one.',
  command:
    'The command line or the program’s name is the configured one; the file itself could not be compared.',
  'all-arguments': 'All configured arguments are there, and no others.',
  'some-arguments':
    'The configured arguments are among the running ones, or the title shows a part of them.',
  'client-ancestor': 'The client whose file declares the entry is above the process.',
  'other-client-ancestor':
    'A known client is above, but another one than the entry was declared for.',
  'client-at-stdin':
    'No known client is above the process, but the one whose file declares the entry is at the other end of its standard input.',
  'other-client-at-stdin':
    'No known client is above the process, but one is at the other end of its standard input: another one than the entry was declared for.',
  'no-client-ancestor': 'No known client is above the process.',
  'project-directory':
    'The entry belongs to a project, and the process or its client works in that folder.',
  'argument-size':
    'The process overwrote its arguments, but the memory they took has exactly the size of this entry’s command line.',
  'title-rewritten': 'The process overwrote its arguments, so they were not believed.',
  'same-signature': 'Several entries have this same command.',
  'root-gone': 'The process that the client started has ended, others of the instance have not.',
  'container-id': 'The command that runs wrote down the number of this container.',
  'container-name': 'The container has the name that the command line gives it.',
  'container-label': 'The container has the labels that the command line, or a gateway, gives it.',
  'container-image':
    'The container was made of the configured image, with these arguments, when the command ran.',
  'listening-port': 'It listens on the port that the entry names.',
  'published-port': 'The port that the entry names leads to its container.',
  'known-package': 'No entry declares it; what runs is a package known to be an MCP server.',
  'protocol-name': 'No entry declares it; it is named as MCP servers are.',
  'terminal-or-file-on-stdin':
    'It talks to a terminal or a file instead of a client, and no client started it: your own run. It is listed and never judged.',
}
