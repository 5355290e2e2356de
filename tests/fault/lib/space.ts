// Directories whose space ends, by what the machine allows: a small tmpfs for root, otherwise a limit on how large the
// daemon's files may grow.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { Daemon } from '../../e2e/lib/daemon.ts';

export interface Space {
  /** From now on nothing more fits. */
  exhaust: (daemon: Daemon) => void;
  /** The same before there is a daemon: what to start it with. */
  exhaustForStart: () => string[];
  /** There is room again. */
  release: (daemon: Daemon) => void;
  remove: () => void;
}

function run(...command: string[]): void {
  const { status, stderr } = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
}

function tmpfs(dir: string, mebibytes: number): Space {
  mkdirSync(dir, { recursive: true });
  run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0755`, 'tmpfs', dir);
  const ballast = join(dir, 'ballast');
  const fill = () => {
    const file = openSync(ballast, 'a');
    for (let block = 65_536; block >= 1; ) {
      try {
        if (writeSync(file, Buffer.alloc(block)) < block) block = Math.floor(block / 2);
      } catch {
        block = Math.floor(block / 2);
      }
    }
    closeSync(file);
  };
  return {
    exhaust: fill,
    exhaustForStart: () => {
      fill();
      return [];
    },
    release: () => rmSync(ballast),
    remove: () => run('umount', '-l', dir),
  };
}

function fileSizeLimit(dir: string): Space {
  mkdirSync(dir, { recursive: true });
  const largest = () => Math.max(4096, ...readdirSync(dir).map((name) => statSync(join(dir, name)).size));
  return {
    exhaust: ({ pid }) => run('prlimit', '--pid', String(pid), `--fsize=${largest()}:unlimited`),
    exhaustForStart: () => ['prlimit', '--fsize=4096:unlimited'],
    release: ({ pid }) => run('prlimit', '--pid', String(pid), '--fsize=unlimited:unlimited'),
    remove: () => {},
  };
}

export const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

export const limitedSpace = (dir: string, mebibytes: number): Space =>
  canMount ? tmpfs(dir, mebibytes) : fileSizeLimit(dir);
