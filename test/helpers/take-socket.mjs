/** Holds every handle that its parent sends, and says so. */
const held = []
process.on('message', (_, handle) => {
  held.push(handle)
  process.send('held')
})
process.send('ready')
