// The gateways that the request benchmark compares: each takes the same requests and passes them to the same upstream.
import { mkdirSync, openSync, readSync, closeSync, writeFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, Server } from './processes.mjs';

const isRoot = process.getuid() === 0;
const keyBytes = 52;
const lineBytes = 69;

// Programs are bound to processors, so that those that are measured share theirs with nobody: gateways on the first,
// upstream, auth server and load on the second.
export const gatewayCpu = ['taskset', '-c', '0'];
export const loadCpu = ['taskset', '-c', '1'];

function nginxConf({ dir, name, modules = [], http = '', server, master = true }) {
  const home = join(dir, name);
  mkdirSync(join(home, 'temp'), { recursive: true });
  const conf = join(home, 'nginx.conf');
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((part) => `  ${part}_temp_path ${home}/temp/${part};`)
    .join('\n');
  writeFileSync(
    conf,
    `${modules.map((file) => `load_module ${file};`).join('\n')}
${isRoot ? 'user root;' : ''}
worker_processes 1;
daemon off;
${master ? '' : 'master_process off;'}
pid ${home}/nginx.pid;
error_log ${home}/error.log warn;
events { worker_connections 1024; }
http {
${temp}
  access_log off;
  keepalive_requests 1000000000;
  server_tokens off;
${http}
  server {
${server}
  }
}
`,
  );
  return ['nginx', '-p', home, '-c', conf, '-e', join(home, 'error.log')];
}

const upstreamBlock = (name, port) =>
  `  upstream ${name} { server 127.0.0.1:${port}; keepalive 128; keepalive_requests 1000000000; }`;

const proxy = 'proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection "";';

// Every nginx below resolves the client's address with realip, the one without any check too.
const realip = '  set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;';

export async function startUpstream(dir) {
  const port = await freePort();
  const command = nginxConf({
    dir,
    name: 'upstream',
    server: `    listen 127.0.0.1:${port}; location / { default_type application/json; return 200 '{"messages":[]}'; }`,
  });
  return { port, server: await new Server('upstream', [...loadCpu, ...command], { log: join(dir, 'upstream.log') }).listening(port) };
}

export async function startAuthServer(dir) {
  const port = await freePort();
  const command = nginxConf({ dir, name: 'auth', server: `    listen 127.0.0.1:${port}; location / { return 204; }` });
  return { port, server: await new Server('auth server', [...loadCpu, ...command], { log: join(dir, 'auth.log') }).listening(port) };
}

// Every address of IPv4 in count blocks (a power of two), so that a request meets half of the lines before it is
// allowed.
function allowLines(count) {
  let bits = 0;
  while (2 ** bits < count) ++bits;
  const lines = [];
  for (let i = 0; i < 2 ** bits; ++i) lines.push(i * 2 ** (32 - bits));
  const text = (n) => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
  // 20 is no power of two: the first blocks are cut in half again.
  while (lines.length > count) lines.pop();
  if (lines.length < 2 ** bits) {
    bits -= 1;
    const halved = count - 2 ** bits;
    const cut = [];
    for (let i = 0; i < 2 ** bits; ++i) {
      const first = i * 2 ** (32 - bits);
      if (i < halved) cut.push(`${text(first)}/${bits + 1}`, `${text(first + 2 ** (31 - bits))}/${bits + 1}`);
      else cut.push(`${text(first)}/${bits}`);
    }
    return cut;
  }
  return lines.map((first) => `${text(first)}/${bits}`);
}

// The configuration of each gateway that is an nginx. ports: of upstream and auth server; seed: where the image, the
// requests and the global list lie; module: our .so.
export function nginxVariants({ dir, ports, seed, module, directives }) {
  const api = upstreamBlock('api', ports.upstream);
  const geoFile = join(dir, 'geo.conf');
  writeFileSync(geoFile, `${readFileSync(seed.globalText, 'utf8').trim().split('\n').map((block) => `${block} 1;`).join('\n')}\n`);
  const plain = (extra = '', http = '') => ({ http: `${realip}\n${api}\n${http}`, location: `${extra} ${proxy}` });
  const variants = {
    plain: plain(),
    'allow, 20 lines': plain(`${allowLines(20).map((block) => `allow ${block};`).join(' ')} deny all;`),
    'allow, 1,000 lines': plain(`${allowLines(1000).map((block) => `allow ${block};`).join(' ')} deny all;`),
    'geo, 100,000 prefixes': plain('if ($inside = 0) { return 403; }', `  geo $inside { default 0; include ${geoFile}; }`),
    'access_log, buffered': plain(`access_log ${dir}/access.log combined buffer=64k flush=1s;`),
    auth_request: {
      http: `${realip}\n${api}\n${upstreamBlock('auth', ports.auth)}`,
      location: `auth_request /_auth; ${proxy}`,
      more: `    location = /_auth {
      internal; proxy_pass http://auth; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass_request_body off; proxy_set_header Content-Length "";
    }`,
    },
  };
  if (module) variants.keyfence = { ...plain(directives.location, directives.http), modules: [module] };
  return variants;
}

export async function startNginx(name, variant, { dir, master = true, wrap = gatewayCpu, seconds }) {
  const port = await freePort();
  const file = name.replace(/[^a-z0-9]+/gi, '-');
  const command = nginxConf({
    dir,
    name: file,
    modules: variant.modules,
    http: variant.http,
    master,
    server: `    listen 127.0.0.1:${port};\n    location / { ${variant.location} }\n${variant.more ?? ''}`,
  });
  const server = new Server(name, [...wrap, ...command], { log: join(dir, `${file}.log`) });
  await server.listening(port, seconds);
  return { name, port, server };
}

// HAProxy with a map from key to account and the global list as an ACL file.
export async function startHaproxy({ dir, ports, seed }) {
  const port = await freePort();
  const map = join(dir, 'keys.map');
  writeKeyMap(seed.requests, map);
  const conf = join(dir, 'haproxy.cfg');
  writeFileSync(
    conf,
    `global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend gateway
  bind 127.0.0.1:${port}
  http-request set-src hdr(x-forwarded-for)
  http-request set-var(txn.account) http_auth_bearer,map_str(${map})
  http-request deny deny_status 401 unless { var(txn.account) -m found }
  http-request deny deny_status 403 unless { src -f ${seed.globalText} }
  http-request set-header X-Account %[var(txn.account)]
  default_backend api
backend api
  server api 127.0.0.1:${ports.upstream}
`,
  );
  const server = new Server('HAProxy', [...gatewayCpu, 'haproxy', '-db', '-f', conf], { log: join(dir, 'haproxy.log') });
  await server.listening(port, 60);
  return { name: 'HAProxy, key map and ACL file', port, server };
}

// "secret account" lines, in blocks so that a million keys do not stand in memory as one string.
function writeKeyMap(requests, path) {
  const lines = statSync(requests).size / lineBytes;
  const from = openSync(requests, 'r');
  const to = openSync(path, 'w');
  const block = Buffer.alloc(lineBytes * 10_000);
  let line = 0;
  while (line < lines) {
    const count = readSync(from, block, 0, block.length, line * lineBytes) / lineBytes;
    let text = '';
    for (let i = 0; i < count; ++i) {
      const key = block.toString('latin1', i * lineBytes, i * lineBytes + keyBytes);
      text += `${key} acc${Math.floor((line + i) / 1000)}\n`;
    }
    writeFileSync(to, text);
    line += count;
  }
  closeSync(from);
  closeSync(to);
}
