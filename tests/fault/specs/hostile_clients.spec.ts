import { readFileSync } from 'node:fs';
import net from 'node:net';

import { raw, statuses } from '../../e2e/lib/client.ts';
import type { Daemon } from '../../e2e/lib/daemon.ts';
import { expect, makeKey, test } from '../lib/fixtures.ts';

/** What the process has of its own: neither files nor shared memory. */
function ownBytes(daemon: Daemon): number {
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
  return Number(status.match(/^RssAnon:\s+(\d+) kB/m)![1]) * 1024;
}

function open(daemon: Daemon, text: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port: daemon.port }, () => {
      socket.write(text);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** The status of the first answer on a socket; 0 if it ends before there is one. */
function firstStatus(socket: net.Socket): Promise<number> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n\r\n')) resolve(statuses(text)[0] ?? 0);
    });
    socket.on('error', () => resolve(0));
    socket.on('close', () => resolve(0));
  });
}

const get = (daemon: Daemon, path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${daemon.token}\r\n\r\n`;

test('clients that never read cost a bounded memory, and others are served', async ({ serve }) => {
  const daemon = await serve();
  const clients = 200;
  const asked = 100;
  const { length } = JSON.stringify((await daemon.call('GET', '/api/v1/openapi.json')).body);
  expect(length).toBeGreaterThan(100_000);
  await daemon.call('GET', '/healthz');
  const before = ownBytes(daemon);
  const sockets: net.Socket[] = [];
  for (let i = 0; i < clients; ++i) {
    const path = i % 2 === 0 ? '/api/v1/openapi.json' : '/api/v1/audit.csv';
    const socket = await open(daemon, get(daemon, path).repeat(asked));
    socket.pause();
    socket.on('error', () => {});
    sockets.push(socket);
  }
  for (let i = 0; i < 50; ++i) expect((await daemon.ok('GET', '/api/v1/accounts')).items).toEqual([]);
  // All that they asked for is 20,000 answers, of 100 kB and more: none of them is made before the one before is taken.
  const growth = ownBytes(daemon) - before;
  expect(growth, `${growth} bytes for ${clients} clients`).toBeLessThan(clients * (length + 256 * 1024));
  expect(growth).toBeLessThan((clients * asked * length) / 20);
  for (const socket of sockets) socket.destroy();
});

test('of 1,100 connections each is served or told that it is one too many', async ({ serve }) => {
  const daemon = await serve();
  await daemon.call('GET', '/healthz');
  const before = ownBytes(daemon);
  const sockets: net.Socket[] = [];
  const answers: Promise<number>[] = [];
  for (let i = 0; i < 1_000; ++i) {
    const socket = await open(daemon, get(daemon, '/api/v1/me'));
    sockets.push(socket);
    answers.push(firstStatus(socket));
  }
  expect((await Promise.all(answers)).filter((status) => status === 200).length).toBe(1_000);
  const perConnection = (ownBytes(daemon) - before) / 1_000;
  expect(perConnection, `${perConnection} bytes a connection`).toBeLessThan(48 * 1024);
  // Idle as they are, they keep nobody out; what is beyond the limit is told so.
  expect((await daemon.call('GET', '/healthz')).status).toBe(200);
  const more: Promise<number>[] = [];
  for (let i = 0; i < 100; ++i) {
    const socket = await open(daemon, get(daemon, '/api/v1/me'));
    sockets.push(socket);
    more.push(firstStatus(socket));
  }
  const told = await Promise.all(more);
  expect(told.filter((status) => status === 200 || status === 503).length).toBe(100);
  expect(told.filter((status) => status === 503).length).toBeGreaterThanOrEqual(70);
  for (const socket of sockets) socket.destroy();
  expect((await daemon.ok('GET', '/api/v1/accounts')).items).toEqual([]);
});

test('a request behind an ambiguous one is never carried out', async ({ serve }) => {
  const daemon = await serve();
  await makeKey(daemon, []);
  const accounts = (await daemon.ok('GET', '/api/v1/accounts')).items.length;
  const smuggled =
    `POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${daemon.token}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 19\r\n\r\n{"name":"smuggled"}';
  const head = `POST /api/v1/entries/parse HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${daemon.token}\r\nContent-Type: application/json\r\n`;
  const bodies: [what: string, text: string][] = [
    ['a length and chunks', `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunks and a length', `Transfer-Encoding: chunked\r\nContent-Length: ${smuggled.length + 5}\r\n\r\n0\r\n\r\n`],
    ['two lengths', `Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n`],
    ['a list of lengths', `Content-Length: 0, ${smuggled.length}\r\n\r\n`],
    ['a signed length', 'Content-Length: +0\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['another coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a coding on top', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n'],
    ['a chunk that is no number', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n0\r\n\r\n'],
    ['a negative chunk', 'Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n0\r\n\r\n'],
    ['a chunk with too large a number', 'Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n0\r\n\r\n'],
    ['a chunk that is longer than it says', 'Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n'],
  ];
  for (const [what, body] of bodies) {
    const answered = statuses(await raw(daemon.port, head + body + smuggled));
    expect([what, answered.length, answered[0]! >= 400 && answered[0]! < 500]).toEqual([what, 1, true]);
  }
  expect((await daemon.ok('GET', '/api/v1/accounts')).items.length).toBe(accounts);
});

test('half requests, byte by byte, keep nobody waiting', async ({ serve }) => {
  const daemon = await serve();
  const slow: net.Socket[] = [];
  const whole = get(daemon, '/api/v1/me');
  for (let i = 0; i < 300; ++i) {
    const socket = await open(daemon, whole.slice(0, 5 + (i % 60)));
    socket.on('error', () => {});
    slow.push(socket);
  }
  for (let i = 0; i < 20; ++i) {
    for (const socket of slow) socket.write('X');
    expect((await daemon.ok('GET', '/api/v1/accounts')).items).toEqual([]);
  }
  for (const socket of slow) socket.destroy();
});
