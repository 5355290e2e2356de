// Where the programs under test are. ctest sets these; by hand, from tests/e2e after a dev build, none is needed.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const build = resolve(process.env['KEYFENCE_BUILD'] ?? join(root, 'build/dev'));

function existing(what: string, path: string): string {
  if (!existsSync(path)) throw new Error(`${what} is not at ${path}: build it, or set KEYFENCE_BUILD`);
  return path;
}

function builtModule(): string {
  const dir = join(build, 'gateways/nginx');
  const file = existsSync(dir) ? readdirSync(dir).find((name) => name.endsWith('.so')) : undefined;
  return join(dir, file ?? 'ngx_http_keyfence_module.so');
}

export const nginxBinary = () => existing('nginx', process.env['KEYFENCE_NGINX'] ?? '/usr/sbin/nginx');
export const moduleFile = () => existing('the nginx module', process.env['KEYFENCE_MODULE'] ?? builtModule());
export const policyImageTool = () => existing('policy_image', join(build, 'tests/tools/policy_image'));
export const daemonBinary = () => existing('keyfence', join(build, 'apps/keyfence/keyfence'));

export const preload = process.env['KEYFENCE_PRELOAD'];
// What LeakSanitizer is not to report of nginx itself.
export const suppressions = join(root, 'tests/e2e/nginx.lsan');
export const valgrind = process.env['KEYFENCE_VALGRIND'];
// One process, in the foreground: what sanitizers and valgrind can watch.
export const instrumented = preload !== undefined || valgrind !== undefined;
