/** Gateways: programs that run the servers of other clients in containers, Docker's and ToolHive. Pure. */
import { basename } from '../text/basename.ts'
import { readGlobalOptions } from './container-options.ts'

/** Their ids among the clients. */
export type Gateway = 'docker-toolkit' | 'toolhive'

/** Which gateway a program is that is called with these words. */
export function gatewayOf(path: string, args: readonly string[]): Gateway | null {
  switch (basename(path)) {
    case 'thv':
      return 'toolhive'
    case 'docker':
      return isGatewayRun(readGlobalOptions(args).rest) ? 'docker-toolkit' : null
    // The plug-in is called with the words that docker itself was called with; by itself, as in its image, without `mcp`.
    case 'docker-mcp': {
      const { rest } = readGlobalOptions(args)
      return isGatewayRun(rest) || isGatewayRun(['mcp', ...rest]) ? 'docker-toolkit' : null
    }
    default:
      return null
  }
}

function isGatewayRun([group, noun, verb]: readonly string[]): boolean {
  return group === 'mcp' && noun === 'gateway' && verb === 'run'
}
