// The files of examples/ are taken by the programs that they are for.
// KEYFENCE_MODULE: the built module. KEYFENCE_PROGRAM: the built keyfence.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { root } from './tree.mjs';

const { KEYFENCE_MODULE: moduleFile, KEYFENCE_PROGRAM: program } = process.env;
const read = (name) => readFileSync(join(root, 'examples', name), 'utf8');

function inDirectory(work) {
  const dir = mkdtempSync(join(tmpdir(), 'keyfence-examples-'));
  const done = () => rmSync(dir, { recursive: true });
  return Promise.resolve(work(dir)).finally(done);
}

/** nginx -t on a configuration whose module, pid and policy are those of this machine. */
const checkNginx = (text) =>
  inDirectory((dir) => {
    const conf = join(dir, 'nginx.conf');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`);
    writeFileSync(
      conf,
      text
        .replace(/load_module \S+;/, `load_module ${moduleFile};\npid ${dir}/pid;`)
        .replace('http {', `http {\n${temporary.join('\n')}\naccess_log off;`),
    );
    return spawnSync('/usr/sbin/nginx', ['-t', '-e', join(dir, 'error.log'), '-p', dir, '-c', conf], { encoding: 'utf8' });
  });

test('nginx takes examples/nginx.conf, and would not take a misspelt directive', async () => {
  const { status, stderr } = await checkNginx(read('nginx.conf'));
  assert.equal(status, 0, stderr);
  assert.equal((await checkNginx(read('nginx.conf').replace('keyfence_scope', 'keyfence_scoop'))).status, 1);
  const unused = read('nginx.conf').replace('# keyfence_trusted', 'keyfence_trusted');
  assert.equal((await checkNginx(unused)).status, 0);
});

/** Starts the daemon with a configuration, in directories of its own; its output, and whether it got ready. */
const serveWith = (text) =>
  inDirectory(async (dir) => {
    const config = join(dir, 'keyfence.toml');
    const ready = join(dir, 'ready');
    writeFileSync(config, text);
    const flags = ['--data-dir', join(dir, 'data'), '--policy-dir', join(dir, 'policy'), '--listen', '127.0.0.1:0'];
    const daemon = spawn(program, [
      'serve', '--config', config, ...flags, '--ready-file', ready, '--first-token-file', join(dir, 'token'),
    ]);
    let output = '';
    daemon.stdout.on('data', (chunk) => (output += chunk));
    daemon.stderr.on('data', (chunk) => (output += chunk));
    const closed = once(daemon, 'close');
    while (daemon.exitCode === null && !existsSync(ready)) await sleep(20);
    const isReady = existsSync(ready);
    daemon.kill('SIGTERM');
    await closed;
    return { isReady, output };
  });

test('the daemon takes examples/keyfence.toml, and names file and line of a setting that it does not know', async () => {
  // Group names are the machine's business; who is no member may not hand files to one.
  const text = read('keyfence.toml').replace(/^gateway_group.*$/m, process.getuid() === 0 ? '$&' : '');
  const { isReady, output } = await serveWith(text);
  assert.ok(isReady, output);
  const wrong = await serveWith(text.replace('log_level', 'log_levl'));
  assert.ok(!wrong.isReady);
  const line = text.split('\n').findIndex((one) => one.startsWith('log_level')) + 1;
  assert.match(wrong.output, new RegExp(`keyfence\\.toml:${line}\\b.*log_levl`));
});
