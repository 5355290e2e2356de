import { raw, statuses } from '../../e2e/lib/client.ts';
import type { Daemon } from '../../e2e/lib/daemon.ts';
import { expect, makeKey, revisions, test } from '../lib/fixtures.ts';

const accounts = '/api/v1/accounts';

/** One request with exactly these bytes as its body; the status, 0 if the connection was closed without an answer. */
async function post(daemon: Daemon, path: string, body: Buffer | string, type = 'application/json'): Promise<number> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head =
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${daemon.token}\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return statuses(await raw(daemon.port, Buffer.concat([Buffer.from(head), bytes])))[0] ?? 0;
}

const badSyntax: [what: string, body: Buffer | string][] = [
  ['nothing', ''],
  ['a word', 'name'],
  ['a text that ends too early', '{"name":"a"'],
  ['a second value', '{"name":"a"}{"name":"b"}'],
  ['a trailing comma', '{"name":"a",}'],
  ['a comment', '{"name":"a"/* b */}'],
  ['single quotes', "{'name':'a'}"],
  ['NaN', '{"name":NaN}'],
  ['a byte order mark', '\uFEFF{"name":"a"}'],
  ['a NUL', '{"name":"a"}\0'],
  ['a raw control character', '{"name":"a\u0001"}'],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['overlong UTF-8', Buffer.from('7b226e616d65223a22c0af227d', 'hex')],
  ['a lone surrogate', '{"name":"\\ud800"}'],
  ['a repeated member', '{"name":"a","name":"b"}'],
  ['a repeated member, escaped', '{"name":"a","n\\u0061me":"b"}'],
  ['33 levels', `${'{"name":'.repeat(33)}1${'}'.repeat(33)}`],
  ['100,000 levels of arrays', '['.repeat(100_000)],
];

const badInput: [what: string, body: string][] = [
  ['an array', '[]'],
  ['null', 'null'],
  ['no member', '{}'],
  ['an unknown member', '{"name":"a","nmae":"b"}'],
  ['a number for a text', '{"name":1}'],
  ['a text for an object', '"name"'],
  ['an empty name', '{"name":""}'],
  ['a name with a NUL', '{"name":"a\\u0000b"}'],
  ['a name that is too long', JSON.stringify({ name: 'x'.repeat(101) })],
  ['an unknown word', '{"name":"a","error_style":"loud"}'],
];

test('hostile bodies are refused and change nothing', async ({ serve }) => {
  const daemon = await serve();
  const before = await revisions(daemon);
  for (const [what, body] of badSyntax) {
    expect([what, await post(daemon, accounts, body)]).toEqual([what, 400]);
  }
  for (const [what, body] of badInput) {
    expect([what, [400, 422].includes(await post(daemon, accounts, body))]).toEqual([what, true]);
  }
  expect(await post(daemon, accounts, 'name=a', 'application/x-www-form-urlencoded')).toBe(415);
  expect(await revisions(daemon)).toEqual(before);
  expect((await daemon.ok('GET', accounts)).items).toEqual([]);
});

test('every error of an input is answered at once, each with its place', async ({ serve }) => {
  const daemon = await serve();
  const { account } = await makeKey(daemon, ['203.0.113.1']);
  const { status, body } = await daemon.call('POST', `${accounts}/${account}/keys`, {
    name: '',
    scopes: ['no spaces'],
    expires_at: 'tomorrow',
    allowlist: { mode: 'loud', entries: [{ text: '1.2.3.4' }, { text: '010.0.0.1' }, { text: '10.0.0.5/24' }] },
  });
  expect(status).toBe(422);
  const pointers = body.errors.map(({ pointer }: { pointer: string }) => pointer).sort();
  expect(pointers).toEqual([
    '/allowlist/entries/1/text',
    '/allowlist/entries/2/text',
    '/allowlist/mode',
    '/expires_at',
    '/name',
    '/scopes',
  ]);
});

test('bodies beyond the limit are refused, announced or not', async ({ serve }) => {
  const daemon = await serve();
  const large = `{"name":"${'x'.repeat(1024 * 1024)}"}`;
  expect(await post(daemon, accounts, large)).toBe(413);

  const head = (rest: string) =>
    `POST ${accounts} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${daemon.token}\r\nContent-Type: application/json\r\n${rest}\r\n`;
  // An announced length alone is enough to be refused.
  const answered = (text: string) => /\r\n\r\n/.test(text);
  const announced = await raw(daemon.port, head('Content-Length: 99999999999\r\n'), { until: answered });
  expect(statuses(announced)).toEqual([413]);
  // A length that is not announced is counted.
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const unannounced = await raw(daemon.port, head('Transfer-Encoding: chunked\r\n') + chunk.repeat(20), { until: answered });
  expect(statuses(unannounced)).toEqual([413]);
  expect((await daemon.ok('GET', accounts)).items).toEqual([]);
});

test('broken and oversized heads are refused, and the daemon serves on', async ({ serve }) => {
  const daemon = await serve();
  const authorized = `Host: x\r\nConnection: close\r\nAuthorization: Bearer ${daemon.token}\r\n`;
  const heads: [what: string, head: string][] = [
    ['a header of 100 kB', `GET ${accounts} HTTP/1.1\r\n${authorized}X-Long: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['10,000 headers', `GET ${accounts} HTTP/1.1\r\n${authorized}${'X-Many: y\r\n'.repeat(10_000)}\r\n`],
    ['a target of 100 kB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n${authorized}\r\n`],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a NUL in a header', `GET ${accounts} HTTP/1.1\r\n${authorized}X: a\0b\r\n\r\n`],
    ['two lengths', `POST ${accounts} HTTP/1.1\r\n${authorized}Content-Length: 2\r\nContent-Length: 12\r\n\r\n{"name":"a"}`],
    ['a negative length', `POST ${accounts} HTTP/1.1\r\n${authorized}Content-Length: -1\r\n\r\n`],
  ];
  for (const [what, head] of heads) {
    const answer = statuses(await raw(daemon.port, head))[0] ?? 0;
    expect([what, answer === 0 || (answer >= 400 && answer < 500)]).toEqual([what, true]);
    expect((await daemon.call('GET', '/healthz')).status).toBe(200);
  }
  expect((await daemon.ok('GET', accounts)).items).toEqual([]);
});

test('a request that never ends does not keep the next one waiting', async ({ serve }) => {
  const daemon = await serve();
  const never = Array.from({ length: 50 }, () =>
    raw(daemon.port, `POST ${accounts} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{`).catch(() => ''),
  );
  expect((await daemon.call('GET', '/healthz')).status).toBe(200);
  expect((await daemon.ok('GET', accounts)).items).toEqual([]);
  await daemon.stop('SIGKILL');
  await Promise.all(never);
});

test('without a token, with a wrong one and with a key for a token nothing is told', async ({ serve }) => {
  const daemon = await serve();
  const { secret } = await makeKey(daemon, ['203.0.113.1']);
  for (const authorization of ['', 'Bearer', 'Bearer kfm_x', `Bearer ${secret}`, `Basic ${daemon.token}`, 'x'.repeat(4000)]) {
    for (const path of [accounts, '/api/v1/instance', '/api/v1/audit', '/api/v1/status']) {
      const { status, body } = await daemon.call('GET', path, undefined, { Authorization: authorization });
      expect([authorization, path, status]).toEqual([authorization, path, 401]);
      expect(Object.keys(body).sort()).toEqual(['code', 'detail', 'request_id', 'status', 'title', 'type']);
    }
  }
  expect(daemon.log()).not.toContain(secret);
  expect(daemon.log()).not.toContain(daemon.token);
});
