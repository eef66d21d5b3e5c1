// A stand-in for a desktop's notification service, on the session bus of its environment. Prints one JSON line when it
// is ready ({ ready, address, pid }) and one for each notification. `actions` as argument: it has buttons, and presses
// the first one of each notification. Ends with its standard input, so that a killed test leaves nothing behind.
import dbus from '@homebridge/dbus-native'

const NAME = 'org.freedesktop.Notifications'
const PATH = '/org/freedesktop/Notifications'
const DO_NOT_QUEUE = 4
const OWNER = 1
const hasButtons = process.argv.includes('actions')

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const bus = dbus.sessionBus()
let shown = 0

function press(id, action) {
  bus.sendSignal(PATH, NAME, 'ActionInvoked', 'us', [id, action])
  bus.sendSignal(PATH, NAME, 'NotificationClosed', 'uu', [id, 2])
}

const service = {
  Notify(app, _replaces, _icon, title, body, actions, hints) {
    shown += 1
    const urgency = hints.find(([name]) => name === 'urgency')?.[1]?.[1]?.[0]
    say({ app, title, body, actions, urgency })
    const id = shown
    if (hasButtons && actions.length > 0) setTimeout(() => press(id, actions[0]), 50)
    return id
  },
  GetCapabilities: () => (hasButtons ? ['body', 'actions'] : ['body']),
  GetServerInformation: () => ['stand-in', 'tests', '1', '1.2'],
  CloseNotification: () => undefined,
}

bus.exportInterface(service, PATH, {
  name: NAME,
  methods: {
    Notify: ['susssasa{sv}i', 'u'],
    GetCapabilities: ['', 'as'],
    GetServerInformation: ['', 'ssss'],
    CloseNotification: ['u', ''],
  },
  signals: { ActionInvoked: ['us'], NotificationClosed: ['uu'] },
  properties: {},
})
bus.requestName(NAME, DO_NOT_QUEUE, (error, result) => {
  const ready = !error && result === OWNER
  say({ ready, address: process.env.DBUS_SESSION_BUS_ADDRESS, pid: process.pid })
})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
