// script/server as a newcomer uses it: what it prints is pasted, it is stopped, and it is started again.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { root } from './tree.mjs';

function freePort() {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Starts script/server on a home of its own; its output once it runs, and how to stop it. */
async function start(home, ports) {
  const flags = ['--home', home];
  for (const [flag, port] of Object.entries(ports)) flags.push(flag, String(port));
  const server = spawn(join(root, 'script/server'), flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(server, 'close');
  let output = '';
  await new Promise((running) => {
    const collect = (chunk) => {
      output += chunk;
      if (output.includes('Ctrl-C stops')) running();
    };
    server.stdout.on('data', collect);
    server.stderr.on('data', collect);
    server.on('close', running);
  });
  assert.equal(server.exitCode, null, output);
  return {
    output,
    pid: server.pid,
    stop: async (signal) => {
      server.kill(signal);
      const [code] = await closed;
      return code;
    },
  };
}

/** The lines to paste, run as they were printed; status and body of each answer. */
function paste(output) {
  const commands = output.replace(/\\\n\s*/g, '').match(/^ {2}curl .*$/gm) ?? [];
  return commands.map((command) => {
    const { stdout } = spawnSync('bash', ['-c', command.replace('curl ', 'curl -s ')], { encoding: 'utf8' });
    return { command, answer: stdout, status: Number(/^HTTP\/1\.1 (\d+)/.exec(stdout)?.[1] ?? 0) };
  });
}

const childrenOf = (pid) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => spawnSync('grep', ['-q', `^PPid:\\s*${pid}$`, `/proc/${name}/status`]).status === 0)
    .map(Number);

test('a first start can be tried with the printed lines; a second one finds its data', async () => {
  const home = mkdtempSync(join(tmpdir(), 'keyfence-server-'));
  const ports = {
    '--gateway-port': await freePort(),
    '--api-port': await freePort(),
    '--upstream-port': await freePort(),
  };
  try {
    const first = await start(home, ports);
    const [passes, refused, opens, scope] = paste(first.output);
    assert.equal(passes.status, 200, passes.answer);
    assert.match(passes.answer, /Hello from behind the fence/);
    assert.equal(refused.status, 403, refused.answer);
    assert.match(refused.answer, /IP_NOT_ALLOWED/);
    assert.match(opens.answer, /"canonical":"127\.0\.0\.1\/32"/);
    assert.equal(scope.status, 403, scope.answer);
    assert.match(scope.answer, /INSUFFICIENT_SCOPE/);
    assert.equal(paste(first.output)[1].status, 200, 'the refused line passes once the address is in the list');
    assert.equal(statSync(home).mode & 0o077, 0, 'nobody else may look at the secrets');

    const children = childrenOf(first.pid);
    assert.ok(children.length >= 3);
    assert.equal(await first.stop('SIGINT'), 0);
    for (const pid of children) assert.ok(!existsSync(`/proc/${pid}`), `${pid} was left behind`);

    const second = await start(home, ports);
    assert.match(second.output, /data of the last start is intact/);
    const [stillPasses, nowPasses] = paste(second.output);
    assert.equal(stillPasses.status, 200);
    assert.equal(nowPasses.status, 200, 'what was added stands');

    // A port that was named must be free; a home has one server.
    const taken = spawnSync(join(root, 'script/server'), ['--home', `${home}-2`, '--api-port', String(ports['--api-port'])]);
    assert.equal(taken.status, 1);
    assert.match(taken.stderr.toString(), /API port \d+ is in use/);
    const again = spawnSync(join(root, 'script/server'), ['--home', home]);
    assert.equal(again.status, 1);
    assert.match(again.stderr.toString(), /another script\/server runs/);
    assert.equal(await second.stop('SIGTERM'), 0);
  } finally {
    rmSync(home, { recursive: true });
    rmSync(`${home}-2`, { recursive: true, force: true });
  }
});
