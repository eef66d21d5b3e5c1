/**
 * Containers of Podman that no service tells of, as users without root rarely run one: by their monitors' command lines
 * (conmon(8)) and what Podman wrote beside them, where it may be read: the bundle (OCI runtime specification,
 * config.json) and the records of containers/storage. Pure but for the reading it is handed. Environments are in these
 * files too, and are not taken.
 */
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Container, ContainerNetwork } from '../../shared/model/container.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import { idSchema, parseAs } from './answers.ts'
import { imageIdOf, isSame } from './container-of.ts'
import type { ReadSmallFile } from './small-file.ts'

/** What conmon was told. */
export interface Monitor {
  readonly id: string
  readonly name: string
  /** Absolute path of the folder with config.json; null where it was not told. */
  readonly bundle: string | null
  /** Absolute path of the file with the number of the first process; null where it was not told. */
  readonly pidFile: string | null
  readonly interactive: boolean
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$/

/** Null for anything but the monitor of a container of Podman's: CRI-O starts conmon too, for Kubernetes. */
export function monitorOf(argv: readonly string[]): Monitor | null {
  if (!/(?:^|\/)conmon$/.test(argv[0] ?? '')) return null
  const id = after(argv, '-c', '--cid')
  const name = after(argv, '-n', '--name')
  if (!idSchema.safeParse(id).success || id === null || name === null || !NAME.test(name))
    return null
  const isPodman = argv.includes('--exit-command')
  const bundle = absolute(after(argv, '-b', '--bundle'))
  const pidFile = absolute(after(argv, '-p', '--container-pidfile'))
  const interactive = argv.includes('-i') || argv.includes('--stdin')
  return isPodman ? { id, name, bundle, pidFile, interactive } : null
}

function after(argv: readonly string[], ...names: readonly string[]): string | null {
  const at = argv.findIndex((word) => names.includes(word))
  return at < 0 ? null : (argv[at + 1] ?? null)
}

const MAX_CONFIG = 1024 * 1024
const MAX_RECORDS = 8 * 1024 * 1024

const configSchema = z.object({
  process: z.object({ args: z.array(z.string()).catch([]) }).catch({ args: [] }),
  annotations: z.object({ 'io.podman.annotations.cid-file': z.string().optional() }).catch({}),
  linux: z.object({
    namespaces: z.array(z.object({ type: z.string(), path: z.string().optional() })).catch([]),
  }),
  mounts: z
    .array(
      z.object({
        destination: z.string().catch(''),
        type: z.string().catch(''),
        source: z.string().catch(''),
      }),
    )
    .catch([]),
})
const recordsSchema = z.array(
  z
    .object({ id: z.string(), metadata: z.string().catch(''), created: z.string().catch('') })
    .catch({ id: '', metadata: '', created: '' }),
)
const metadataSchema = z.object({
  'image-name': z.string().max(1024).catch(''),
  'image-id': z.string().catch(''),
})
const imageSchema = z.object({
  config: z.object({
    Cmd: z.array(z.string()).nullish(),
    Entrypoint: z.array(z.string()).nullish(),
  }),
})

export interface Monitored {
  readonly container: Container
  /** A process of the container whose network it shares. */
  readonly joinsPid: number | null
}

/** What can be learned of it. Where its files may not be read, its image is the empty string. */
export function containerOfMonitor(
  { id, name, bundle, interactive }: Monitor,
  pid: number | null,
  startedAt: EpochMs,
  read: ReadSmallFile,
): Monitored {
  const config =
    bundle === null ? null : parseAs(configSchema, read(`${bundle}/config.json`, MAX_CONFIG))
  // STORAGE/DRIVER-containers/ID/userdata
  const storage = bundle === null ? null : dirname(dirname(bundle))
  const image = storage === null ? null : imageIn(storage, id, read)
  const args = config?.process.args ?? []
  const { network, joinsPid } = networkOf(config?.linux.namespaces ?? null)
  const container: Container = {
    id,
    engine: 'podman',
    name,
    image: image?.name ?? '',
    imageId: image?.id ?? null,
    createdAt: image?.createdAt ?? startedAt,
    command: storage === null ? args : commandOf(args, storage, image?.id ?? null, read),
    labels: new Map(),
    mounts: (config?.mounts ?? []).flatMap(({ destination, type, source }) =>
      type === 'bind' && isOfUser(source) ? [`${source}:${destination}`] : [],
    ),
    cidFile: absolute(config?.annotations['io.podman.annotations.cid-file']),
    interactive,
    network,
    published: [],
    pid,
    running: true,
  }
  return { container, joinsPid }
}

/** Podman mounts files of its own, such as resolv.conf, from the container's folder, or that of the one it joins. */
function isOfUser(source: string): boolean {
  return source.startsWith('/') && !/\/[0-9a-f]{64}\/userdata\//.test(source)
}

function absolute(path: string | null | undefined): string | null {
  return path?.startsWith('/') === true ? path : null
}

interface ImageRecord {
  readonly name: string
  readonly id: string | null
  /** When the container was made of it. */
  readonly createdAt: EpochMs | null
}

/** In the folder of the bundles' folders. */
function imageIn(storage: string, id: string, read: ReadSmallFile): ImageRecord | null {
  for (const file of ['containers.json', 'volatile-containers.json']) {
    const records = parseAs(recordsSchema, read(`${storage}/${file}`, MAX_RECORDS))
    const record = records?.find((each) => each.id === id)
    const told = parseAs(metadataSchema, record?.metadata ?? null)
    if (told === null) continue
    const createdAt = Date.parse(record?.created ?? '')
    return {
      name: told['image-name'],
      id: imageIdOf(told['image-id']),
      createdAt: Number.isFinite(createdAt) ? createdAt : null,
    }
  }
  return null
}

/** The image's entry point stands before what the command line gave; its own command is no word of that line. */
function commandOf(
  args: readonly string[],
  storage: string,
  imageId: string | null,
  read: ReadSmallFile,
): readonly string[] {
  if (imageId === null) return args
  // containers/storage names big data by its key in base64.
  const file = `=${Buffer.from(imageId).toString('base64')}`
  const images = storage.replace(/-containers$/, '-images')
  const folder = `${images}/${imageId.replace('sha256:', '')}`
  const image = parseAs(imageSchema, read(`${folder}/${file}`, MAX_CONFIG))
  if (image === null) return args
  const entry = image.config.Entrypoint ?? []
  if (!isSame(args.slice(0, entry.length), entry)) return args
  const command = args.slice(entry.length)
  return isSame(command, image.config.Cmd ?? []) ? [] : command
}

/** A namespace that is not named is the host's (OCI runtime specification, "Linux namespaces"). */
function networkOf(
  namespaces: readonly { readonly type: string; readonly path?: string | undefined }[] | null,
): { readonly network: ContainerNetwork; readonly joinsPid: number | null } {
  if (namespaces === null) return { network: 'unknown', joinsPid: null }
  const network = namespaces.find(({ type }) => type === 'network')
  if (network === undefined) return { network: 'host', joinsPid: null }
  // Another container's is named by its first process.
  const pid = /^\/proc\/(\d{1,7})\/ns\/net$/.exec(network.path ?? '')?.[1]
  if (pid === undefined) return { network: 'own', joinsPid: null }
  return { network: 'shared', joinsPid: Number(pid) }
}
