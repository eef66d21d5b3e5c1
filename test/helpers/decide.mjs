/** Asks the built program whether this process may decide; writes `allowed` or the error's code to the file named. */
import { writeFileSync } from 'node:fs'
import { refuseDecisionBelowServer } from '../../dist/daemon/entry.js'

const answer = await refuseDecisionBelowServer(null).then(
  () => 'allowed',
  (error) => error.code ?? String(error),
)
writeFileSync(process.argv[2], answer)
