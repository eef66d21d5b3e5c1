import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseNpmAnswer,
  parseNpmrc,
  settingsOfEnv,
  targetsOf,
} from '../../../daemon/names/npm-settings.ts'

const variable = (name: string) => ['$', '{', name, '}'].join('')
const hosts = (settings: ReadonlyMap<string, string>) =>
  targetsOf(settings).map(({ host, port, kind }) => `${kind} ${host} ${port}`)

describe('npm settings', () => {
  it('keeps host and port of registries and proxies, nothing else', () => {
    const answer = parseNpmAnswer(
      JSON.stringify({
        registry: 'https://user:secret@reg.test/path/?token=secret',
        '@acme:registry': 'http://[2001:db8::1]:4873/',
        proxy: 'proxy.test:3128',
        'https-proxy': null,
        '//reg.test/:_authToken': 'secret',
        userconfig: '/home/u/.npmrc',
        globalconfig: 7,
      }),
    )
    expect(answer?.targets).toEqual([
      { host: 'reg.test', port: 443, kind: 'registry' },
      { host: '2001:db8::1', port: 4873, kind: 'registry' },
      { host: 'proxy.test', port: 3128, kind: 'proxy' },
    ])
    expect([answer?.files, answer?.heldBack]).toEqual([['/home/u/.npmrc'], false])
    expect(JSON.stringify(answer)).not.toContain('secret')
  })

  it('notices what npm holds back', () => {
    expect(parseNpmAnswer('{"registry":"http://r.test/","proxy":null}')?.heldBack).toBe(true)
    expect(parseNpmAnswer('[]')).toBeNull()
    expect(parseNpmAnswer('npm error')).toBeNull()
  })

  it('reads npmrc lines as npm does', () => {
    const text = [
      '; registry=http://comment.test/',
      ` registry = "http://u:${variable('PASS')}@${variable('HOST')}:81/x"`,
      '@a:registry=http://a.test',
      '//a.test/:_authToken=secret',
      `https-proxy=http://${variable('MISSING')}/`,
    ].join('\r\n')
    const read = parseNpmrc(text, { HOST: 'reg.test', PASS: 'p' })
    expect(hosts(read)).toEqual(['registry reg.test 81', 'registry a.test 80'])
  })

  it('takes proxies and registries from the environment', () => {
    const read = settingsOfEnv({
      HTTPS_PROXY: 'http://u:p@one.test:8080',
      http_proxy: 'two.test:81',
      npm_config_registry: 'http://reg.test/',
      NPM_CONFIG_HTTPS_PROXY: 'http://three.test',
      OTHER: 'http://four.test',
    })
    expect(hosts(read)).toEqual([
      'proxy one.test 8080',
      'proxy two.test 81',
      'registry reg.test 80',
      'proxy three.test 80',
    ])
  })

  it('never throws, and never keeps more than hosts and ports', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.webUrl({ withQueryParameters: true }),
        (a, b) => {
          parseNpmAnswer(a)
          parseNpmrc(a, {})
          for (const { host } of targetsOf(parseNpmrc(`registry=${b}`, {})))
            expect(host).toBe(new URL(b).hostname)
        },
      ),
    )
  })
})
