/** The well-behaved server of the demo: it adds, and does nothing else. */
import { serveAdder } from './adder.ts'

await serveAdder('demo-quiet', async () => undefined)
