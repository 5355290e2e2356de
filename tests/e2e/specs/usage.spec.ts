// The usage log from the gateway to the API: every decided request once, whoever dies in between.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';

import { Daemon } from '../lib/daemon.ts';
import { expect, proxied, test, type Gateway } from '../lib/fixtures.ts';
import { eventually } from '../lib/net.ts';
import { daemonBinary } from '../lib/paths.ts';

const isRoot = process.getuid?.() === 0;

async function startDaemon(dir: string): Promise<Daemon> {
  return Daemon.start({
    home: `${dir}/daemon`,
    policyDir: `${dir}/policy`,
    flags: isRoot ? ['--gateway-group', 'www-data'] : [],
  });
}

/** All records of a filter, page by page. */
async function records(daemon: Daemon, filter = '', limit = 1000): Promise<any[]> {
  const items: any[] = [];
  for (let before = ''; ; ) {
    const page = await daemon.ok('GET', `/api/v1/usage?limit=${limit}${filter}${before}`);
    items.push(...page.items);
    if (page.next === null) return items;
    before = `&before=${page.next}`;
  }
}

async function metric(daemon: Daemon, name: string): Promise<number> {
  const { body } = await daemon.call('GET', '/metrics');
  return Number(String(body).match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);
}

test('a request is found by the id of its answer, with address, layer, reason and entry', async ({ start, dir }) => {
  const daemon = await startDaemon(dir);
  try {
    const account = await daemon.ok('POST', '/api/v1/accounts', { name: 'one' });
    const other = await daemon.ok('POST', '/api/v1/accounts', { name: 'two' });
    const create = (id: string, name: string) => daemon.ok('POST', `/api/v1/accounts/${id}/keys`, { name });
    const key = await create(account.id, 'mine');
    const foreign = await create(other.id, 'theirs');
    await daemon.ok('PUT', `/api/v1/keys/${key.key.id}/allowlist`, {
      entries: [{ text: '127.0.0.0/9' }, { text: '192.0.2.7' }],
    });
    const list = await daemon.ok('GET', `/api/v1/keys/${key.key.id}/allowlist`);
    const gateway = await start({
      server: `location / { keyfence on; keyfence_trusted_proxies 127.0.0.1; ${proxied} }
               location /watched { keyfence monitor; keyfence_trusted_proxies 127.0.0.1; ${proxied} }`,
      policyDir: daemon.policyDir,
      image: null,
    });
    const ask = (path: string, secret?: string, address?: string) =>
      gateway.ask(path, {
        ...(secret === undefined ? {} : { key: secret }),
        headers: [['User-Agent', 'spec/1 "quoted"'], ...(address ? [['X-Forwarded-For', address] as [string, string]] : [])],
      });
    const passed = await ask('/v1/messages?token=not-for-the-log', key.secret);
    const refused = await ask('/v1/messages', key.secret, '198.51.100.9');
    const unknown = await ask('/v1/messages');
    const watched = await ask('/watched', key.secret, '198.51.100.9');
    await ask('/theirs', foreign.secret);
    expect([passed.status, refused.status, unknown.status, watched.status]).toEqual([200, 403, 401, 200]);

    await eventually('five records are stored', async () => (await records(daemon)).length === 5);
    const record = async (answer: typeof passed) =>
      daemon.ok('GET', `/api/v1/usage/${answer.lines('x-request-id')[0]}`);
    expect(await record(passed)).toMatchObject({
      key_id: key.key.id,
      address: '127.0.0.1',
      method: 'GET',
      path: '/v1/messages',
      user_agent: 'spec/1 "quoted"',
      status: 200,
      decision: 'allow',
      reason: 'allowed',
      layer: 'none',
      matched_entries: { key: list.entries[0].id, account: null, global: null },
    });
    expect(await record(refused)).toMatchObject({
      address: '198.51.100.9',
      status: 403,
      decision: 'deny',
      reason: 'address_denied_key',
      layer: 'key',
      matched_entries: { key: null },
    });
    expect(await record(unknown)).toMatchObject({ key_id: null, account_id: null, status: 401, reason: 'key_missing' });
    expect(await record(watched)).toMatchObject({
      status: 200,
      decision: 'allow',
      would_deny: 'address_denied_key',
      would_deny_layer: 'key',
    });

    // Filters, and totals by them.
    const paths = async (filter: string) => (await records(daemon, filter, 1)).map((item) => item.path).sort();
    expect(await paths(`&key_id=${key.key.id}`)).toEqual(['/v1/messages', '/v1/messages', '/watched']);
    expect(await paths(`&key_id=${key.key.id}&status=4xx`)).toEqual(['/v1/messages']);
    expect(await paths('&address=198.51.100.0/24')).toEqual(['/v1/messages', '/watched']);
    expect(await paths('&reason=key_missing')).toEqual(['/v1/messages']);
    expect(await paths('&path_prefix=/wat')).toEqual(['/watched']);
    expect(await paths('&from=2100-01-01T00:00:00Z')).toEqual([]);
    const totals = await daemon.ok('GET', '/api/v1/usage/summary?group_by=reason');
    expect(Object.fromEntries(totals.items.map((item: any) => [item.group, item.allowed + item.denied]))).toEqual({
      allowed: 3,
      address_denied_key: 1,
      key_missing: 1,
    });
    for (const nonsense of ['status=9xx', 'reason=nonsense', 'address=10.0.0.5/24', 'before=x', 'limit=0', 'from=now']) {
      expect((await daemon.call('GET', `/api/v1/usage?${nonsense}`)).status, nonsense).toBe(422);
    }

    // Another account's token sees nothing of this one, whatever it asks for.
    const { secret } = await daemon.ok('POST', '/api/v1/tokens', {
      name: 'two',
      role: 'viewer',
      account_id: other.id,
    });
    const asOther = (path: string) => daemon.call('GET', path, undefined, { Authorization: `Bearer ${secret}` });
    const seen = await asOther('/api/v1/usage');
    expect(seen.body.items.map((item: any) => item.path)).toEqual(['/theirs']);
    expect((await asOther(`/api/v1/usage?key_id=${key.key.id}`)).body.items).toEqual([]);
    expect((await asOther('/api/v1/usage?address=198.51.100.9')).body.items).toEqual([]);
    expect((await asOther(`/api/v1/usage?account_id=${account.id}`)).status).toBe(404);
    expect((await asOther(`/api/v1/usage/${passed.lines('x-request-id')[0]}`)).status).toBe(404);
  } finally {
    await daemon.stop();
  }
});

/** The `keyfence` command, as an operator runs it. */
function keyfence(daemon: Daemon, ...args: string[]) {
  const run = spawnSync(daemonBinary(), args, {
    encoding: 'utf8',
    env: { ...process.env, KEYFENCE_API: `http://127.0.0.1:${daemon.port}`, KEYFENCE_TOKEN_FILE: daemon.tokenFile },
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

// What Python's csv module reads, and what sqlite3 imports, as rows of named texts.
function readByPython(file: string): Record<string, string>[] {
  const script = 'import csv,json,sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8"), strict=True))))';
  const run = spawnSync('python3', ['-c', script, file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}
function readBySqlite(file: string): Record<string, string>[] {
  const run = spawnSync('sqlite3', ['-cmd', '.mode json', ':memory:', `.import --csv ${file} log`, 'SELECT * FROM log'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0 || run.stderr !== '') throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

test('a key in the query string stays out of the log, wherever the request ends', async ({ start, dir }) => {
  const daemon = await startDaemon(dir);
  try {
    const account = await daemon.ok('POST', '/api/v1/accounts', { name: 'one' });
    const key = await daemon.ok('POST', `/api/v1/accounts/${account.id}/keys`, { name: 'k' });
    const gateway = await start({
      server: `keyfence_log_query on;
        location / { keyfence on; keyfence_credential query:k; keyfence_pass_credential on; keyfence_log_query off;
          error_page 502 = @later; proxy_pass http://127.0.0.1:1; }
        location @later { ${proxied} }`,
      policyDir: daemon.policyDir,
      image: null,
    });
    expect((await gateway.ask(`/found?k=${key.secret}&page=2`)).status).toBe(200);
    await eventually('it is stored', async () => (await records(daemon)).length === 1);
    expect((await records(daemon))[0].path).toBe('/found');
  } finally {
    await daemon.stop();
  }
});

test('an export is read back by readers that are not ours, whatever was requested', async ({ start, dir }) => {
  const daemon = await startDaemon(dir);
  try {
    const account = await daemon.ok('POST', '/api/v1/accounts', { name: 'one' });
    const key = await daemon.ok('POST', `/api/v1/accounts/${account.id}/keys`, { name: 'k' });
    const gateway = await start({
      server: `location / { keyfence on; keyfence_log_query on; ${proxied} }`,
      policyDir: daemon.policyDir,
      image: null,
    });
    const agents = [
      '=cmd()', '+1', '-1', '@x', '\tstart', 'a "quoted" one', "it's, with commas", 'caf\u00e9 in Latin-1', // \xE9
      '\u00c3\u00a9 as UTF-8', 'x'.repeat(7000), '',
    ];
    const paths = ['/?=cmd()', '/a,b', '/%0a%ff', '/"quoted"', '/' + 'p'.repeat(7000), "/'", '/;DROP'];
    const asked: string[] = [];
    for (const agent of agents) {
      asked.push((await gateway.ask('/agent', { key: key.secret, headers: [['User-Agent', agent]] })).requestId);
    }
    for (const path of paths) asked.push((await gateway.ask(path, { key: key.secret })).requestId);
    await eventually('all are stored', async () => (await records(daemon)).length === asked.length);

    const file = `${dir}/usage.csv`;
    const done = keyfence(daemon, 'log', '--csv', '--output', file);
    expect(done).toMatchObject({ code: 0, out: '', err: `${asked.length} rows in ${file}\n` });
    expect(readdirSync(dir)).not.toContain('usage.csv.part');
    const byPython = readByPython(file);
    expect(readBySqlite(file)).toEqual(byPython);
    expect(byPython.map((row) => row['request_id']).reverse()).toEqual(asked);

    // The same as the API tells, but for the apostrophe before what begins like a formula.
    const listed = new Map((await records(daemon)).map((item) => [item.request_id, item]));
    for (const row of byPython) {
      const item = listed.get(row['request_id']);
      for (const name of ['time', 'account_id', 'key_id', 'address', 'method', 'host', 'decision', 'reason', 'layer', 'gateway']) {
        expect(row[name], name).toBe(item[name]);
      }
      for (const name of ['status', 'bytes_sent', 'duration_micros', 'truncated', 'revision']) {
        expect(row[name], name).toBe(String(item[name]));
      }
      for (const name of ['path', 'user_agent']) {
        const guarded = /^[=+\-@\t\r\n]/.test(item[name]) ? `'${item[name]}` : item[name];
        expect(row[name], name).toBe(guarded);
        expect(row[name]).not.toMatch(/^[=+\-@\t\r\n]/);
      }
    }
    const told = byPython.map((row) => row['user_agent']).reverse();
    expect(told[0]).toBe("'=cmd()");
    expect(told[7]).toBe('caf\\xe9 in Latin-1');
    expect(told[8]).toBe('\u00e9 as UTF-8');
    expect(told[9]).toBe('x'.repeat(512));
    expect(byPython.filter((row) => row['truncated'] === 'true').length).toBe(2);

    // The same over HTTP, and to an HTTP/1.0 client, whose answer ends with the connection.
    const whole = readFileSync(file, 'utf8');
    const chunked = await daemon.call('GET', '/api/v1/usage.csv');
    expect(chunked.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(chunked.headers.get('content-disposition')).toBe('attachment; filename="usage.csv"');
    expect(chunked.body).toBe(whole);
    const old = spawnSync('curl', ['-s', '-0', '-H', `Authorization: Bearer ${daemon.token}`, `http://127.0.0.1:${daemon.port}/api/v1/usage.csv`]);
    expect(old.stdout.toString()).toBe(whole);
    const head = await daemon.call('HEAD', '/api/v1/usage.csv');
    expect([head.status, head.body]).toEqual([200, '']);
  } finally {
    await daemon.stop();
  }
});

test('keyfence log filters, follows and refuses nonsense', async ({ start, dir }) => {
  const daemon = await startDaemon(dir);
  try {
    const account = await daemon.ok('POST', '/api/v1/accounts', { name: 'one' });
    const key = await daemon.ok('POST', `/api/v1/accounts/${account.id}/keys`, {
      name: 'k',
      allowlist: { entries: [{ text: '127.0.0.1' }] },
    });
    const gateway = await start({
      server: `location / { keyfence on; keyfence_trusted_proxies 127.0.0.1; ${proxied} }`,
      policyDir: daemon.policyDir,
      image: null,
    });
    const ask = (path: string, address?: string) =>
      gateway.ask(path, { key: key.secret, headers: address ? [['X-Forwarded-For', address]] : [] });
    await ask('/first');
    const refused = await ask('/second', '198.51.100.9');
    await eventually('both are stored', async () => (await records(daemon)).length === 2);

    const ids = (...filter: string[]) => {
      const run = keyfence(daemon, 'log', '--json', ...filter);
      expect(run.err).toBe('');
      return run.out.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line).path);
    };
    expect(ids()).toEqual(['/second', '/first']);
    expect(ids('--limit', '1')).toEqual(['/second']);
    expect(ids('--status', '4xx')).toEqual(['/second']);
    expect(ids('--reason', 'allowed')).toEqual(['/first']);
    expect(ids('--address', '198.51.100.0/24', '--key', key.key.id)).toEqual(['/second']);
    expect(ids('--path', '/fi', '--account', account.id)).toEqual(['/first']);
    expect(ids('--request-id', refused.requestId)).toEqual(['/second']);
    expect(ids('--from', '10m')).toEqual(['/second', '/first']);
    expect(ids('--until', '10m')).toEqual([]);
    expect(ids('--layer', 'key', '--method', 'GET')).toEqual(['/second']);
    const table = keyfence(daemon, 'log').out.split('\n');
    expect(table[0]).toMatch(/^TIME +ST +REASON +ADDRESS +KEY +REQUEST ID +REQUEST$/);
    expect(table[1]).toContain(`403  address_denied_key`);
    expect(table[1]).toContain(refused.requestId);
    const totals = keyfence(daemon, 'log', '--by', 'address', '--json');
    expect(JSON.parse(totals.out).items).toHaveLength(2);
    expect(keyfence(daemon, 'log', '--by', 'reason').out).toMatch(/address_denied_key +0 +1 +0/);
    for (const nonsense of [['--status', '9xx'], ['--from', 'soon'], ['--csv', '--json'], ['--output', 'x'], ['--limit', '0']]) {
      expect(keyfence(daemon, 'log', ...nonsense).code, nonsense.join(' ')).toBe(2);
    }
    expect(keyfence(daemon, 'log', '--csv', '--output', `${dir}/no/such/place.csv`).code).toBe(2);

    // What is there, then what comes, in the order of arrival and each once.
    const following = spawn(daemonBinary(), ['log', '--follow', '--json'], {
      env: { ...process.env, KEYFENCE_API: `http://127.0.0.1:${daemon.port}`, KEYFENCE_TOKEN_FILE: daemon.tokenFile },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seen = '';
    following.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const paths = () => seen.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line).path);
    await eventually('it shows what is there', () => paths().length === 2);
    await ask('/third');
    await ask('/fourth');
    await eventually('it shows what came', () => paths().length === 4);
    expect(paths()).toEqual(['/first', '/second', '/third', '/fourth']);
    following.kill();
  } finally {
    await daemon.stop();
  }
});

/** Sends requests over kept connections until it is stopped; the ids of the answers that came. */
function traffic(gateway: Gateway, secret: string): { stop: () => Promise<string[]> } {
  const ids: string[] = [];
  let going = true;
  const lane = async () => {
    let agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (going) {
      try {
        ids.push((await gateway.ask('/x', { agent, key: secret })).lines('x-request-id')[0]!);
      } catch {
        agent.destroy();  // its worker died
        agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      }
    }
    agent.destroy();
  };
  const running = Promise.all([lane(), lane(), lane(), lane()]);
  return {
    stop: async () => {
      going = false;
      await running;
      return ids;
    },
  };
}

test('no record is lost or doubled though the daemon is killed under load', async ({ start, dir }) => {
  test.setTimeout(240_000);
  const daemon = await startDaemon(dir);
  try {
    const account = await daemon.ok('POST', '/api/v1/accounts', { name: 'one' });
    const key = await daemon.ok('POST', `/api/v1/accounts/${account.id}/keys`, { name: 'k' });
    const gateway = await start({
      server: `location / { keyfence on; ${proxied} }`,
      workers: 2,
      policyDir: daemon.policyDir,
      image: null,
    });
    const load = traffic(gateway, key.secret);
    for (let death = 0; death < 6; ++death) {
      await new Promise((resolve) => setTimeout(resolve, 150 + 97 * death));
      await daemon.stop('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 50 * death));
      await daemon.start();
    }
    const answered = await load.stop();
    expect(answered.length).toBeGreaterThan(500);
    await eventually('the log has caught up', async () => {
      const total = await daemon.ok('GET', '/api/v1/usage/summary?group_by=status');
      return total.items.reduce((sum: number, item: any) => sum + item.allowed + item.denied, 0) >= answered.length;
    });
    const stored = (await records(daemon)).map((item) => item.request_id);
    expect(new Set(stored).size).toBe(stored.length);
    expect(stored.sort()).toEqual(answered.sort());
    expect(await metric(daemon, 'keyfence_usage_dropped_total')).toBe(0);
    expect(await metric(daemon, 'keyfence_usage_damaged_total')).toBe(0);
  } finally {
    await daemon.stop();
  }
});
