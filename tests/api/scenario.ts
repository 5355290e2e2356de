// What a user of the API does first, through a client that a generator made of openapi.yaml, against `keyfence serve`.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  createAccount,
  createKey,
  createToken,
  decide,
  getKeyAllowlist,
  getMe,
  listKeys,
  listUsage,
  replaceKeyAllowlist,
  signIn,
} from './client';
import { createClient, type Client } from './client/client';

const home = mkdtempSync(join(tmpdir(), 'keyfence-client-'));
const policyDir = mkdtempSync('/dev/shm/keyfence-client-');
let daemon: ChildProcess;
let baseUrl: string;

before(async () => {
  const ready = join(home, 'ready');
  const program = process.env['KEYFENCE_PROGRAM'];
  assert.ok(program, 'KEYFENCE_PROGRAM names the daemon');
  daemon = spawn(
    program,
    [
      'serve', '--listen', '127.0.0.1:0', '--data-dir', join(home, 'data'), '--policy-dir', policyDir,
      '--first-token-file', join(home, 'token'), '--first-password-file', join(home, 'password'), '--ready-file', ready,
    ],
    { stdio: 'ignore' },
  );
  for (let tries = 0; tries < 1_500 && !existsSync(ready); ++tries) {
    assert.equal(daemon.exitCode, null, 'the daemon ended');
    await sleep(20);
  }
  baseUrl = JSON.parse(readFileSync(ready, 'utf8')).api_url;
});

after(async () => {
  if (daemon.exitCode === null) {
    const ended = new Promise((done) => daemon.once('close', done));
    daemon.kill('SIGTERM');
    await ended;
  }
  rmSync(home, { recursive: true, force: true });
  rmSync(policyDir, { recursive: true, force: true });
});

const secretIn = (file: string) => readFileSync(join(home, file), 'utf8').trim();

/** A client that sends this token with every call that takes one. */
const withToken = (token: string): Client => createClient({ baseUrl, auth: token });

async function keyWithList(client: Client) {
  const account = await createAccount({ client, body: { name: `Account ${Math.random()}` } });
  assert.equal(account.response?.status, 201);
  const created = await createKey({
    client,
    path: { account_id: account.data!.id },
    body: { name: 'a key', allowlist: { entries: [{ text: '203.0.113.7' }] } },
  });
  assert.equal(created.response?.status, 201);
  return { account: account.data!.id, key: created.data!.key.id, secret: created.data!.secret };
}

test('a person signs in, and makes a token for a program', async () => {
  const client = createClient({ baseUrl });
  const signedIn = await signIn({ client, body: { login: 'operator', password: secretIn('password') } });
  assert.equal(signedIn.data?.status, 'signed_in');
  const cookie = signedIn.response!.headers.getSetCookie()[0]!.split(';')[0]!;

  const session = createClient({ baseUrl, headers: { Cookie: cookie, 'Keyfence-Csrf': '1' } });
  const made = await createToken({ client: session, body: { name: 'a program', role: 'operator' } });
  assert.equal(made.response?.status, 201);

  const me = await getMe({ client: withToken(made.data!.secret) });
  assert.equal(me.data?.kind, 'token');
  assert.equal(me.data?.operator, true);
});

test('a list is replaced, and a second writer learns what changed', async () => {
  const client = withToken(secretIn('token'));
  const { key, secret } = await keyWithList(client);

  const read = await getKeyAllowlist({ client, path: { key_id: key } });
  assert.deepEqual(read.data?.entries.map(({ canonical }) => canonical), ['203.0.113.7/32']);
  const etag = read.response!.headers.get('ETag')!;

  const replace = (text: string) =>
    replaceKeyAllowlist({
      client,
      path: { key_id: key },
      headers: { 'If-Match': etag },
      body: { entries: [{ text, label: 'office' }] },
    });
  const first = await replace('198.51.100.0/24');
  assert.equal(first.response?.status, 200);

  const second = await replace('192.0.2.0/24');
  assert.equal(second.response?.status, 412);
  assert.ok(second.error);
  assert.equal(second.error.code, 'revision_mismatch');
  assert.deepEqual(second.error.changed_since?.difference?.added.map(({ canonical }) => canonical), ['198.51.100.0/24']);

  const decided = await decide({ client, body: { key: secret, address: '198.51.100.20' } });
  assert.equal(decided.data?.reason, 'allowed');
  const denied = await decide({ client, body: { key: secret, address: '203.0.113.7' } });
  assert.equal(denied.data?.reason, 'address_denied_key');
});

test('input that is wrong is told by its place', async () => {
  const client = withToken(secretIn('token'));
  const { key } = await keyWithList(client);
  const { error, response } = await replaceKeyAllowlist({
    client,
    path: { key_id: key },
    body: { entries: [{ text: '10.0.0.5/24' }] },
  });
  assert.equal(response?.status, 422);
  assert.deepEqual(error?.errors?.map(({ pointer, code }) => [pointer, code]), [['/entries/0/text', 'host_bits_set']]);
});

test('a creation that is sent again makes nothing twice', async () => {
  const client = withToken(secretIn('token'));
  const { account } = await keyWithList(client);
  const once = () =>
    createKey({
      client,
      path: { account_id: account },
      headers: { 'Idempotency-Key': 'the-same' },
      body: { name: 'another key' },
    });
  const [first, second] = [await once(), await once()];
  assert.equal(first.response?.status, 201);
  assert.equal(second.data?.secret, first.data?.secret);
  assert.equal(second.response?.headers.get('Idempotency-Replayed'), 'true');
  const keys = await listKeys({ client, path: { account_id: account } });
  assert.equal(keys.data?.items.length, 2);
});

test('the usage log is read', async () => {
  const client = withToken(secretIn('token'));
  const { key } = await keyWithList(client);
  const usage = await listUsage({ client, query: { key_id: key, status: '4xx', limit: 10 } });
  assert.equal(usage.response?.status, 200);
  assert.deepEqual(usage.data?.items, []);
});

test('without a token nothing is answered', async () => {
  const { error, response } = await getMe({ client: createClient({ baseUrl }) });
  assert.equal(response?.status, 401);
  assert.equal(error?.code, 'unauthorized');
});
