// Whose address a request came from: the peer, realip, PROXY protocol, and our own trusted proxies.
import { connect } from 'node:net';

import { raw, statuses } from '../lib/client.ts';
import { expect, goodKey, otherKey, proxied, test } from '../lib/fixtures.ts';

const client = '198.51.100.7';
const policy = {
  accounts: [{ id: 1 }],
  keys: [
    { id: 11, account: 1, secret: goodKey, allowlist: { entries: [client, '127.0.0.5', '2001:db8::/32'] } },
    { id: 12, account: 1, secret: otherKey },
  ],
};
const fenced = `location / { keyfence on; ${proxied} }`;

test('the peer counts, and no header does, without trusted proxies @core', async ({ start }) => {
  const gateway = await start({ server: fenced, image: policy });
  expect((await gateway.ask('/x', { key: goodKey, from: '127.0.0.5' })).status).toBe(200);
  const headers: [string, string][] = [['X-Forwarded-For', client], ['Forwarded', `for=${client}`], ['X-Real-IP', client]];
  const denied = await gateway.ask('/x', { key: goodKey, from: '127.0.0.6', headers });
  expect(denied.status).toBe(403);
  expect(denied.json()).toMatchObject({ error: { code: 'IP_NOT_ALLOWED' } });
  expect(await gateway.logged(denied)).toMatchObject({ client_address: '127.0.0.6', layer: 'key' });
});

test('realip settles the address where our own proxies are not set', async ({ start }) => {
  const gateway = await start({
    server: `
      set_real_ip_from 127.0.0.9; real_ip_header X-Forwarded-For;
      ${fenced}
      location /late { set_real_ip_from 127.0.0.8; keyfence on; ${proxied} }`,
    image: policy,
  });
  const headers: [string, string][] = [['X-Forwarded-For', client]];
  const proxied9 = await gateway.ask('/x', { key: goodKey, from: '127.0.0.9', headers });
  expect(proxied9.status).toBe(200);
  expect(await gateway.logged(proxied9)).toMatchObject({ client_address: client, remote_addr: client });
  expect((await gateway.ask('/x', { key: goodKey, from: '127.0.0.6', headers })).status).toBe(403);
  // A location's own setting is applied just before the access phase.
  expect((await gateway.ask('/late', { key: goodKey, from: '127.0.0.8', headers })).status).toBe(200);
});

test('realip and junk: it falls back to the proxy, ours does not', async ({ start }) => {
  const junk: [string, string][] = [['X-Forwarded-For', `${client}, 1.2.3.4x`]];
  const realip = 'set_real_ip_from 127.0.0.5; real_ip_header X-Forwarded-For; real_ip_recursive on;';
  const theirs = await start({ server: `${realip} ${fenced}`, image: policy });
  const fallback = await theirs.ask('/x', { key: goodKey, from: '127.0.0.5', headers: junk });
  // What nginx does, and why our own walk exists: the proxy's address is in the list.
  expect((await theirs.logged(fallback)).client_address).toBe('127.0.0.5');
  expect(fallback.status).toBe(200);
  const ours = await start({ server: `${realip} keyfence_trusted_proxies 127.0.0.5; ${fenced}`, image: policy });
  const strict = await ours.ask('/x', { key: goodKey, from: '127.0.0.5', headers: junk });
  expect(strict.status).toBe(403);
  expect(await ours.logged(strict)).toMatchObject({ client_address: 'unknown', reason: 'address_unknown' });
});

test('our walk begins at the peer, whatever realip made of the connection @core', async ({ start }) => {
  const gateway = await start({
    server: `
      set_real_ip_from 127.0.0.0/8; real_ip_header X-Real-IP;
      location / { keyfence on; keyfence_trusted_proxies 127.0.0.9; ${proxied} }
      location /none { keyfence on; keyfence_trusted_proxies none; ${proxied} }`,
    image: policy,
  });
  const spoof: [string, string][] = [['X-Real-IP', '127.0.0.9'], ['X-Forwarded-For', client]];
  const spoofed = await gateway.ask('/x', { key: goodKey, from: '127.0.0.6', headers: spoof });
  expect(spoofed.status).toBe(403);
  expect(await gateway.logged(spoofed)).toMatchObject({ client_address: '127.0.0.6', remote_addr: '127.0.0.9' });
  const none = await gateway.ask('/none', { key: goodKey, from: '127.0.0.6', headers: [['X-Real-IP', client]] });
  expect(await gateway.logged(none)).toMatchObject({ client_address: '127.0.0.6', remote_addr: client });
  expect((await gateway.ask('/x', { key: goodKey, from: '127.0.0.9', headers: spoof })).status).toBe(200);
});

// Header lines, and the address that the walk from the right ends at.
const walks: [string[], string][] = [
  [[], '127.0.0.9'],
  [[client], client],
  [[`203.0.113.1, ${client}`], client],
  [[`203.0.113.1`, client], client],
  [[`${client}, 10.1.2.3`], client],
  [[`${client},10.1.2.3`, '10.9.9.9'], client],
  [['10.1.1.1, 10.2.2.2'], '10.1.1.1'],
  [[`${client}:8080`], client],
  [['[2001:db8::1]:443'], '2001:db8::1'],
  [['2001:db8::1'], '2001:db8::1'],
  [[`::ffff:${client}`], client],
  [[`junk, ${client}`], client],
  [[`${client}, junk`], 'unknown'],
  [[`${client}, `], 'unknown'],
  [[`${client}`, ''], 'unknown'],
  [[`${client}, unknown`], 'unknown'],
  [[`${client}, _hidden`], 'unknown'],
  [['198.51.100.07'], 'unknown'],
  [['198.51.100'], 'unknown'],
  [[`${client}, 10.1.2.3, 999.1.1.1`], 'unknown'],
  [['fe80::1%eth0'], 'unknown'],
  [[Array.from({ length: 33 }, () => '10.0.0.1').join(', ')], 'unknown'],
  [Array.from({ length: 40 }, () => '10.0.0.1'), 'unknown'],
  [[client, ...Array.from({ length: 10 }, () => '10.0.0.1')], client],
];

test('the walk along X-Forwarded-For is strict @core', async ({ start }) => {
  const gateway = await start({ server: `keyfence_trusted_proxies 127.0.0.9 10.0.0.0/8; ${fenced}`, image: policy });
  for (const [lines, address] of walks) {
    const headers = lines.map((line): [string, string] => ['X-Forwarded-For', line]);
    const answer = await gateway.ask('/x', { key: goodKey, from: '127.0.0.9', headers });
    const log = await gateway.logged(answer);
    expect(log.client_address, lines.join(' | ')).toBe(address);
    expect(answer.status, lines.join(' | ')).toBe([client, '2001:db8::1'].includes(address) ? 200 : 403);
    if (address === 'unknown') expect(log.reason).toBe('address_unknown');
  }
  // Where no list is consulted, an unknown address stops nobody.
  expect((await gateway.ask('/x', { key: otherKey, from: '127.0.0.9', headers: [['X-Forwarded-For', 'junk']] })).status).toBe(200);
});

test('Forwarded and the single-valued headers, where they are named', async ({ start }) => {
  const gateway = await start({
    server: `
      keyfence on; keyfence_trusted_proxies 127.0.0.9;
      location / { keyfence_client_address_header Forwarded; ${proxied} }
      location /real { keyfence_client_address_header X-Real-IP; ${proxied} }`,
    image: policy,
  });
  const table: [string, [string, string][], string][] = [
    ['/x', [['Forwarded', `for=203.0.113.1, for=${client};proto=https`]], client],
    ['/x', [['Forwarded', 'for="[2001:db8::1]:443"']], '2001:db8::1'],
    ['/x', [['Forwarded', 'for=unknown']], 'unknown'],
    ['/x', [['Forwarded', 'proto=https']], 'unknown'],
    ['/x', [['X-Forwarded-For', client]], '127.0.0.9'],
    ['/real', [['X-Real-IP', client]], client],
    ['/real', [['X-Real-IP', client], ['X-Real-IP', client]], 'unknown'],
    ['/real', [['X-Real-IP', `${client}, ${client}`]], 'unknown'],
    ['/real', [['X-Forwarded-For', client]], '127.0.0.9'],
  ];
  for (const [path, headers, address] of table) {
    const answer = await gateway.ask(path, { key: goodKey, from: '127.0.0.9', headers });
    expect((await gateway.logged(answer)).client_address, JSON.stringify(headers)).toBe(address);
  }
});

const request = (key: string) => `GET /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nConnection: close\r\n\r\n`;
const proxyLine = (address: string) => `PROXY TCP4 ${address} 192.0.2.1 4000 80\r\n`;
const requestIdOf = (text: string) => /X-Request-Id: ([0-9a-f]{32})/.exec(text)![1]!;

test('PROXY protocol counts only from a trusted proxy @core', async ({ start }) => {
  const gateway = await start({
    server: `keyfence_trusted_proxies 127.0.0.9; ${fenced}`,
    listen: 'proxy_protocol',
    image: policy,
  });
  const send = async (from: string, head: string | Buffer) => {
    const text = await raw(gateway.port, Buffer.concat([Buffer.from(head), Buffer.from(request(goodKey))]), { from });
    return { status: statuses(text)[0], log: await gateway.nginx.logged(requestIdOf(text)) };
  };
  expect((await send('127.0.0.9', proxyLine(client))).status).toBe(200);
  const spoofed = await send('127.0.0.6', proxyLine(client));
  expect(spoofed.status).toBe(403);
  expect(spoofed.log.client_address).toBe('127.0.0.6');
  const unknown = await send('127.0.0.9', 'PROXY UNKNOWN\r\n');
  expect(unknown.status).toBe(403);
  expect(unknown.log).toMatchObject({ client_address: 'unknown', reason: 'address_unknown' });
  const v2 = Buffer.from('0d0a0d0a000d0a515549540a2111000c' + 'c6336407' + 'c0000201' + '0fa00050', 'hex');
  expect((await send('127.0.0.9', v2)).status).toBe(200);
  const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');
  expect((await send('127.0.0.9', local)).log.client_address).toBe('unknown');
});

test('PROXY protocol and a header: the walk goes on from the address that PROXY names', async ({ start }) => {
  const gateway = await start({
    server: `keyfence_trusted_proxies 127.0.0.9 10.0.0.0/8; ${fenced}`,
    listen: 'proxy_protocol',
    image: policy,
  });
  const withHeader = (proxy: string, header: string) =>
    raw(gateway.port, proxyLine(proxy) + request(goodKey).replace('Connection', `X-Forwarded-For: ${header}\r\nConnection`), { from: '127.0.0.9' });
  expect(statuses(await withHeader('10.0.0.1', client))).toEqual([200]);
  expect(statuses(await withHeader('203.0.113.9', client))).toEqual([403]);
});

test('PROXY protocol as realip settles it, where our own proxies are not set', async ({ start }) => {
  const gateway = await start({
    server: `set_real_ip_from 127.0.0.9; real_ip_header proxy_protocol; ${fenced}`,
    listen: 'proxy_protocol',
    image: policy,
  });
  expect(statuses(await raw(gateway.port, proxyLine(client) + request(goodKey), { from: '127.0.0.9' }))).toEqual([200]);
  expect(statuses(await raw(gateway.port, proxyLine(client) + request(goodKey), { from: '127.0.0.6' }))).toEqual([403]);
});

test('a connection\'s second request is not decided by the first one\'s header', async ({ start }) => {
  const gateway = await start({ server: `keyfence_trusted_proxies 127.0.0.9; ${fenced}`, image: policy });
  const one = `GET /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${goodKey}\r\nX-Forwarded-For: ${client}\r\n\r\n`;
  expect(statuses(await raw(gateway.port, one + request(goodKey), { from: '127.0.0.9' }))).toEqual([200, 403]);
});

test('a client on a unix socket has no address', async ({ start, dir }) => {
  const socket = `${dir}/gateway.sock`;
  const gateway = await start({
    http: `server { listen unix:${socket}; keyfence on; location / { ${proxied} } }`,
    server: fenced,
    image: policy,
  });
  const ask = (key: string) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const connection = connect(socket, () => connection.write(request(key)));
      connection.on('data', (chunk) => (text += chunk.toString()));
      connection.on('close', () => resolve(text));
      connection.on('error', reject);
    });
  const denied = await ask(goodKey);
  expect(statuses(denied)).toEqual([403]);
  expect((await gateway.nginx.logged(requestIdOf(denied))).reason).toBe('address_unknown');
  expect(statuses(await ask(otherKey))).toEqual([200]);
});
