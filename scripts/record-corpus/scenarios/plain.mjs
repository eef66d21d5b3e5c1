/** One client, one server, nothing like it beside it: with every launcher in every client. */

const plain = {
  id: 'plain',
  cells: (launchers, clients) =>
    launchers.flatMap((launcher) => clients.map((client) => [launcher, client])),
  async play({ client, launcher, server, declare, run, reported, snapshot }) {
    await declare(client, await server())
    await run(client)
    await reported(1)
    await snapshot()
    return { about: `${client.id} starts its one server through ${launcher.id}.` }
  },
}

export const PLAIN = [plain]
