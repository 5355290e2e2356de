import { expect, goodKey, otherKey, proxied, test } from '../lib/fixtures.ts';
import { Http2Client } from '../lib/client.ts';

const server = `
  keyfence on;
  keyfence_credential bearer header:X-API-Key query:api_key;
  location / { ${proxied} }
  location /kept { keyfence_pass_credential on; ${proxied} }
  location /with-uri/ { proxy_pass http://api/prefix/; proxy_http_version 1.1; }
  location /by-variable { proxy_pass http://api$request_uri; }
  location /seen-before {
    set $saved_uri $request_uri;
    if ($http_x_api_key = "never") { return 404; }
    if ($http_authorization = "never") { return 404; }
    proxy_set_header X-API-Key $http_x_api_key;
    proxy_set_header Authorization $http_authorization;
    proxy_pass http://api$request_uri;
  }
  location /rewritten { rewrite ^/rewritten/(.*)$ /$1 break; ${proxied} }
`;

const everywhere: [string, string][] = [['Authorization', `Bearer ${goodKey}`], ['X-API-Key', otherKey]];

test('what stands in any configured place is removed, whichever counted @core', async ({ start }) => {
  const gateway = await start({ server });
  for (const path of ['/x', '/with-uri/x', '/by-variable', '/seen-before', '/rewritten/x']) {
    const answer = await gateway.ask(`${path}?a=1&api_key=${otherKey}&b=2`, { headers: everywhere });
    expect(answer.status, path).toBe(200);
    const seen = JSON.stringify(answer.seen);
    expect(seen, path).not.toContain(goodKey);
    expect(seen, path).not.toContain(otherKey);
    expect(answer.seen.url, path).toMatch(/\?a=1&b=2$/);
    expect(answer.upstreamHeader('authorization'), path).toBeUndefined();
  }
});

test('a query that held nothing but the key leaves no question mark', async ({ start }) => {
  const gateway = await start({ server });
  for (const [path, url] of [['/x', '/x'], ['/with-uri/x', '/prefix/x'], ['/by-variable', '/by-variable']]) {
    expect((await gateway.ask(`${path}?api_key=${goodKey}`)).seen.url).toBe(url);
    expect((await gateway.ask(`${path}?api_key=${goodKey}#there`)).seen.url).toBe(url);
  }
});

test('the rest of the URI arrives byte for byte', async ({ start }) => {
  const gateway = await start({ server });
  const answer = await gateway.ask(`/a%2Fb//c%20d?q=%zz&&x=+1&api%5Fkey=${goodKey}&y=a%26b`);
  expect(answer.seen.url).toBe('/a%2Fb//c%20d?q=%zz&&x=+1&y=a%26b');
});

test('the key is kept where that is configured', async ({ start }) => {
  const gateway = await start({ server });
  const answer = await gateway.ask(`/kept?api_key=${otherKey}`, { headers: everywhere });
  expect(answer.upstreamHeader('authorization')).toBe(`Bearer ${goodKey}`);
  expect(answer.upstreamHeader('x-api-key')).toBe(otherKey);
  expect(answer.seen.url).toBe(`/kept?api_key=${otherKey}`);
});

test('Authorization of another scheme stays', async ({ start }) => {
  const gateway = await start({ server });
  const headers: [string, string][] = [['Authorization', 'Basic eDp5'], ['X-API-Key', goodKey]];
  const answer = await gateway.ask('/x', { headers });
  expect(answer.upstreamHeader('authorization')).toBe('Basic eDp5');
  expect(answer.upstreamHeader('x-api-key')).toBeUndefined();
});

test('the key does not stand in nginx\'s own log', async ({ start }) => {
  const gateway = await start({ server });
  const passed = await gateway.ask(`/x?api_key=${goodKey}&q=1`);
  const denied = await gateway.ask('/x?q=2&api_key=unknown-secret');
  expect((await gateway.logged(passed)).request).toBe('GET /x?q=1 HTTP/1.1');
  expect((await gateway.logged(passed)).uri).toBe('/x?q=1');
  expect((await gateway.logged(denied)).request).toBe('GET /x?q=2 HTTP/1.1');
  expect(gateway.nginx.errors()).not.toContain('unknown-secret');
});

// nginx keeps request headers in blocks of 20: the first, the last and the only line of a block are all different.
test('wherever among many headers the key stands, it alone goes @core', async ({ start }) => {
  const gateway = await start({ server });
  for (const count of [0, 1, 17, 18, 19, 20, 21, 37, 38, 39, 40, 41, 60]) {
    for (const position of new Set([0, 1, Math.floor(count / 2), count - 1, count])) {
      if (position < 0 || position > count) continue;
      const headers: [string, string][] = Array.from({ length: count }, (_, i) => [`X-Pad-${i}`, `value-${i}`]);
      headers.splice(position, 0, ['Authorization', `Bearer ${goodKey}`]);
      const answer = await gateway.ask('/x', { headers });
      const pads = answer.seen.headers.filter(([name]) => name.startsWith('X-Pad-')).map(([, value]) => value);
      expect(pads, `${position} of ${count}`).toEqual(Array.from({ length: count }, (_, i) => `value-${i}`));
      expect(JSON.stringify(answer.seen), `${position} of ${count}`).not.toContain(goodKey);
      expect(answer.upstreamHeader('x-keyfence-key'), `${position} of ${count}`).toBe('key_000000000000b');
      expect(answer.upstreamHeader('x-request-id'), `${position} of ${count}`).toBe(answer.requestId);
    }
  }
});

test('adjacent lines that go, at the borders of blocks', async ({ start }) => {
  const gateway = await start({ server });
  const goes: [string, string][] = [
    ['X-Keyfence-Key', 'spoof'],
    ['Authorization', `Bearer ${goodKey}`],
    ['X-Request-Id', 'spoof'],
    ['X-API-Key', otherKey],
  ];
  for (const before of [0, 1, 14, 15, 16, 17, 18, 19, 34, 35, 36, 37, 38, 39]) {
    for (const after of [0, 1, 20]) {
      const pad = (from: number, count: number) =>
        Array.from({ length: count }, (_, i): [string, string] => [`X-Pad-${from + i}`, `value-${from + i}`]);
      const headers = [...pad(0, before), ...goes, ...pad(before, after)];
      const answer = await gateway.ask('/x', { headers });
      const pads = answer.seen.headers.filter(([name]) => name.startsWith('X-Pad-')).map(([, value]) => value);
      expect(pads, `${before}, ${after}`).toEqual(pad(0, before + after).map(([, value]) => value));
      const seen = JSON.stringify(answer.seen);
      for (const secret of [goodKey, otherKey, 'spoof']) expect(seen, `${before}, ${after}`).not.toContain(secret);
    }
  }
});

test('over HTTP/2 as over HTTP/1.1', async ({ start }) => {
  const gateway = await start({ server, listen: 'http2' });
  const client = await Http2Client.connect(gateway.port);
  const answer = await client.ask(`/x?api_key=${otherKey}&b=2`, { headers: everywhere });
  expect(answer.status).toBe(200);
  expect(answer.seen.url).toBe('/x?b=2');
  expect(JSON.stringify(answer.seen)).not.toContain(goodKey);
  expect(JSON.stringify(answer.seen)).not.toContain(otherKey);
  await client.close();
});
