import { expect, test } from '../lib/fixtures.ts';

test('a creation that is sent again after the daemon was killed makes nothing twice', async ({ serve }) => {
  const daemon = await serve();
  const { id: account } = await daemon.ok('POST', '/api/v1/accounts', { name: 'Acme' });
  const creations: [path: string, body: object][] = [
    [`/api/v1/accounts/${account}/keys`, { name: 'a key', allowlist: { entries: [{ text: '203.0.113.7' }] } }],
    ['/api/v1/tokens', { name: 'a token', role: 'viewer', account_id: account }],
    [`/api/v1/accounts/${account}/allowlist/entries`, { text: '203.0.113.0/24' }],
    [`/api/v1/accounts/${account}/allowlist/import`, { entries: [{ text: '198.51.100.1' }, { text: '198.51.100.2' }] }],
  ];
  const send = ([path, body]: [string, object], n: number) =>
    daemon.call('POST', path, body, { 'Idempotency-Key': `retry-${n}` });
  const first = [];
  for (const [n, creation] of creations.entries()) first.push(await send(creation, n));
  await daemon.stop('SIGKILL');
  await daemon.start();
  for (const [n, creation] of creations.entries()) {
    const again = await send(creation, n);
    expect(again.status).toBe(first[n]!.status);
    expect(again.body).toEqual(first[n]!.body);
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
  }
  expect((await daemon.ok('GET', `/api/v1/accounts/${account}/keys`)).items).toHaveLength(1);
  expect((await daemon.ok('GET', '/api/v1/tokens')).items).toHaveLength(2);
  expect((await daemon.ok('GET', `/api/v1/accounts/${account}/allowlist`)).entries).toHaveLength(3);
  expect((await send([creations[0]![0], { name: 'another key' }], 0)).body.code).toBe('idempotency_key_reused');
});

test('creations that are under way when the daemon is killed are made once, whoever asks again', async ({ serve }) => {
  const daemon = await serve();
  const { id: account } = await daemon.ok('POST', '/api/v1/accounts', { name: 'Acme' });
  const path = `/api/v1/accounts/${account}/keys`;
  const send = (n: number) => daemon.call('POST', path, { name: `key ${n}` }, { 'Idempotency-Key': `key-${n}` });
  const count = 200;
  const underWay = Array.from({ length: count }, (_, n) => send(n).catch(() => undefined));
  await Promise.race(underWay);
  await daemon.stop('SIGKILL');
  const before = await Promise.all(underWay);
  await daemon.start();
  for (let n = 0; n < count; ++n) {
    const again = await send(n);
    expect(again.status).toBe(201);
    const standing = before[n];
    if (standing?.status === 201) expect(again.body.secret).toBe(standing.body.secret);
  }
  const keys = (await daemon.ok('GET', `${path}?limit=1000`)).items;
  expect(new Set(keys.map(({ name }: { name: string }) => name)).size).toBe(count);
  expect(keys).toHaveLength(count);
});
