import { expect, goodKey, proxied, test } from '../lib/fixtures.ts';

const server = (text: string) => `server { listen 127.0.0.1:1; ${text} }`;

// Each wrong configuration, and what `nginx -t` says of it.
const refused: [string, string, RegExp][] = [
  ['a mode that is none', server('keyfence maybe;'), /invalid value "maybe"/],
  ['two modes', server('keyfence on; keyfence off;'), /"keyfence" directive is duplicate/],
  ['a place that is none', server('keyfence_credential cookie:x;'), /"cookie:x" is no place for a key/],
  ['the same place twice', server('keyfence_credential header:X-A header:x-a;'), /"header:x-a" names a place that is named already/],
  ['bearer and Authorization', server('keyfence_credential bearer header:Authorization;'), /named already/],
  ['a header without a name', server('keyfence_credential header:;'), /is no header name/],
  ['a header with a space', server('keyfence_credential "header:X Key";'), /is no header name/],
  ['a header of the protocol', server('keyfence_credential header:Host;'), /another meaning in HTTP/],
  ['a header of ours', server('keyfence_credential header:X-Keyfence-Key;'), /is set by this module/],
  ['our header as CGI spells it', server('keyfence_credential header:X_Request_Id;'), /is set by this module/],
  ['a query argument with an ampersand', server('keyfence_credential "query:a&b";'), /must be letters, digits/],
  ['two lists of places', server('keyfence_credential bearer; keyfence_credential bearer;'), /given twice/],
  ['a scope with a space', server('keyfence_scope "a b";'), /"a b" is no scope/],
  ['an empty scope', server('keyfence_scope "";'), /is no scope/],
  ['too many scopes', server(`keyfence_scope ${Array.from({ length: 33 }, (_, i) => `s${i}`).join(' ')};`), /more than 32 scopes/],
  ['a proxy with host bits', server('keyfence_trusted_proxies 10.0.0.5/24;'), /"10\.0\.0\.5\/24": /],
  ['a proxy with a leading zero', server('keyfence_trusted_proxies 010.0.0.1;'), /"010\.0\.0\.1": /],
  ['none and another', server('keyfence_trusted_proxies none 10.0.0.1;'), /"none" stands alone/],
  ['a mistyped header', server('keyfence_trusted_proxies 10.0.0.1; keyfence_client_address_header X-Forwarded-Fro;'), /"X-Forwarded-Fro" is none of X-Forwarded-For/],
  ['a header that no proxy may set', server('keyfence on; keyfence_client_address_header Forwarded;'), /keyfence_client_address_header needs keyfence_trusted_proxies/],
  ['a key in the user agent', server('keyfence on; keyfence_credential header:User-Agent;'), /has another meaning in HTTP and cannot hold a key/],
  ['keys in the usage log', server('keyfence on; keyfence_credential query:k; keyfence_pass_credential on; keyfence_log_query on;'), /keys in the query string would stand in the usage log/],
  ['pass_credential with a word', server('keyfence_pass_credential yes;'), /invalid value "yes"/],
  ['keyfence in an if block', server('location / { if ($args) { keyfence off; } }'), /"keyfence" directive is not allowed here/],
  ['a policy in a server', server('keyfence_policy /tmp;'), /"keyfence_policy" directive is not allowed here/],
  ['a policy that is a file', 'keyfence_policy /etc/passwd;', /given twice|"\/etc\/passwd" is not a directory/],
  ['satisfy any beside the fence', server('location / { keyfence on; satisfy any; }'), /"satisfy any" cannot stand where keyfence does, in "\/"/],
  ['satisfy any, inherited by a fenced location', `satisfy any; ${server('location /in { keyfence on; }')}`, /satisfy any/],
  ['satisfy any in a location that inherits the fence', `keyfence on; ${server('location /deep { location /deep/er { satisfy any; } }')}`, /satisfy any.*"\/deep\/er"/],
  ['satisfy any in a location that only watches', server('keyfence monitor; satisfy any;'), /satisfy any/],
  ['satisfy any in a named location', server('location @n { keyfence on; satisfy any; }'), /satisfy any.*"@n"/],
];

test('every wrong configuration is refused at nginx -t, and it is said why', ({ check }) => {
  for (const [what, http, message] of refused) {
    const verdict = check(http);
    expect(verdict.messages, what).toMatch(message);
    expect(verdict.ok, what).toBe(false);
  }
});

test('a policy that is a file is refused', ({ check }) => {
  const verdict = check('keyfence_policy /etc/passwd;', { policy: false });
  expect(verdict.ok).toBe(false);
  expect(verdict.messages).toContain('"/etc/passwd" is not a directory');
});

test('a fence without a policy is refused', ({ check }) => {
  for (const mode of ['on', 'monitor']) {
    const verdict = check(server(`location /x { keyfence ${mode}; }`), { policy: false });
    expect(verdict.ok).toBe(false);
    expect(verdict.messages).toContain('keyfence needs keyfence_policy in the http block, in "/x"');
  }
});

test('what is right is taken', ({ check }) => {
  const right = [
    server('location / { satisfy any; }'),
    `satisfy any; ${server('location / { keyfence on; satisfy all; } location /open { }')}`,
    server('keyfence on; keyfence_trusted_proxies none;'),
    server('keyfence on; keyfence_trusted_proxies 10.0.0.0/8 2001:db8::/32 192.0.2.1 192.0.2.8-192.0.2.12;'),
    server('keyfence on; keyfence_trusted_proxies 10.0.0.1; keyfence_client_address_header forwarded;'),
    server('keyfence on; keyfence_credential query:api_key bearer header:X-A header:X-B;'),
    'keyfence monitor; keyfence_scope a:b *; keyfence_pass_credential on;' + server('location / { keyfence off; }'),
  ];
  for (const http of right) {
    const verdict = check(http);
    expect(verdict.messages, http).toContain('test is successful');
    expect(verdict.ok, http).toBe(true);
  }
});

test('loaded but not asked for, the module does nothing', async ({ start }) => {
  const gateway = await start({ server: `location / { ${proxied} }`, policy: false });
  const answer = await gateway.ask('/x?api_key=k', { key: goodKey, headers: [['X-Request-Id', 'mine'], ['X-Keyfence-Key', 'mine']] });
  expect(answer.status).toBe(200);
  expect(answer.lines('x-request-id')).toEqual([]);
  expect(answer.upstreamHeader('x-request-id')).toBe('mine');
  expect(answer.upstreamHeader('x-keyfence-key')).toBe('mine');
  expect(answer.upstreamHeader('authorization')).toBe(`Bearer ${goodKey}`);
});
