import { describe, expect, it } from 'vitest'
import { basename } from '../../../shared/text/basename.ts'
import { stripControl } from '../../../shared/text/control.ts'
import { hasSecretShape, looksSecret } from '../../../shared/text/secret.ts'
import { truncate } from '../../../shared/text/truncate.ts'
import { splitCommands, splitWords } from '../../../shared/text/words.ts'

describe('stripControl', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;https://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001b]0;never ended and still shown', '0;never ended and still shown'],
    ['\u009b2Jcleared', 'cleared'],
    ['two\r\nlines\tand a tab', 'two lines and a tab'],
    ['a\u202egpj.exe', 'agpj.exe'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['\ud800 alone', '\ufffd alone'],
    ['Grüße, 世界 👋', 'Grüße, 世界 👋'],
  ])('%j', (text, shown) => {
    expect(stripControl(text)).toBe(shown)
  })
})

describe('looksSecret', () => {
  it.each([
    ['--api-key', 'short'],
    ['--apiKey', 'short'],
    ['--dbPassword', 'x'],
    ['-H', 'X-Thing: y'],
    ['--header', 'Authorization: Bearer abc'],
    [null, '--token=abc'],
    [null, '-Ddb.password=abc'],
    [null, 'API_KEY=abc'],
    [null, 'MODE=stdio'],
    [null, 'postgresql://me:pw@host/db'],
    [null, '--url=https://host/mcp?api_key=1'],
    [null, 'https://mcp.example/s/opaque/mcp'],
    [null, 'jdbc:mysql://host/db?user=a'],
    [null, 'Server=tcp:h;Database=d;User Id=u;Password=p'],
    [null, 'ghp_abcdefghijklmnopqrst'],
    [null, 'AKIAIOSFODNN7EXAMPLE'],
    [null, 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc'],
    [null, '0123456789abcdef0123456789abcdef'],
    [null, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    [null, 'curl -H "X: y" --token abc'],
    [null, '{"apiKey":"abc"}'],
    [null, 'x'.repeat(5000)],
  ])('yes: %s %s', (before, value) => {
    expect(looksSecret(before, value)).toBe(true)
  })

  it.each([
    [null, ''],
    [null, '-y'],
    [null, '@modelcontextprotocol/server-filesystem'],
    [null, '@acme/mcp-server-elasticsearch7-proxy@1.2.3-beta.4'],
    [null, 'xai-mcp'],
    [null, 'mcp-server-git==2025.1.14'],
    [null, 'mcp/fetch@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'],
    [null, '/home/someone/Documents/My Notes 2026'],
    [null, './dist/index.js'],
    [null, '--port'],
    ['--port', '8080'],
    ['--from', 'mcp-server-time'],
    [null, '--root=/srv/data'],
    [null, 'http://localhost:3845'],
    [null, 'https://example.com/'],
    [null, '--key'],
  ])('no: %s %s', (before, value) => {
    expect(looksSecret(before, value)).toBe(false)
  })

  it('does not mind hashes in the path of a command', () => {
    const path = '/nix/store/0c8qz1p9x7v2b4n6m8k0j1h3g5f7d9s2-tool/bin/tool'
    expect([looksSecret(null, path), hasSecretShape(null, path)]).toEqual([true, false])
  })
})

it.each([
  ['/usr/bin/node', 'node'],
  ['node', 'node'],
  ['/a/b/', 'b'],
  ['/', '/'],
  ['', ''],
])('basename of %j', (path, name) => {
  expect(basename(path)).toBe(name)
})

it.each([
  ['short', 10, 'short'],
  ['exactly', 7, 'exactly'],
  ['too long', 4, 'too…'],
  ['👋👋👋', 3, '👋👋👋'],
  ['👋👋👋', 2, '👋…'],
  ['abc', 0, '…'],
])('truncate %j to %d', (text, max, short) => {
  expect(truncate(text, max)).toBe(short)
})

it('splits words and commands as a shell does', () => {
  expect(splitWords(`a 'b c' "d \\" e" f\\ g ''x "open`)).toEqual([
    'a',
    'b c',
    'd " e',
    'f g',
    'x',
    'open',
  ])
  expect(splitCommands('cd /x && A=1 node "a;b"; y|z &')).toEqual([
    ['cd', '/x'],
    ['A=1', 'node', 'a;b'],
    ['y'],
    ['z'],
  ])
})
