// Debian's nginx with the module, in a temporary prefix of its own.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { connects, eventually } from './net.ts';
import { instrumented, moduleFile, nginxBinary, preload, suppressions, valgrind } from './paths.ts';

export interface NginxConfig {
  /** The text of the http block, directories and logs aside. */
  http: string;
  workers?: number;
  module?: string;
  policyDir?: string;
  /** In the background, as a service: nginx upgrades its binary only so. */
  daemon?: boolean;
  /** false: no keyfence_policy directive. */
  policy?: boolean;
}

export interface Verdict {
  ok: boolean;
  messages: string;
}

const isRoot = process.getuid?.() === 0;

/** One line of the access log. "-" stands for a variable without a value. */
export interface LogLine {
  decision: string;
  reason: string;
  layer: string;
  would_deny: string;
  key: string;
  account: string;
  revision: string;
  client_address: string;
  request_id: string;
  status: string;
  remote_addr: string;
  request: string;
  uri: string;
}

const logged = ['decision', 'reason', 'layer', 'would_deny', 'key', 'account', 'revision', 'client_address', 'request_id'];

export class Nginx {
  private master: ChildProcess | undefined;
  private exit: Promise<number | null> = Promise.resolve(0);
  private readonly confFile: string;
  private readonly errorLog: string;
  private readonly pidFile: string;
  private output = '';
  /** Lines of the error log that a test provokes on purpose. */
  readonly expected: RegExp[] = [];

  constructor(
    private readonly dir: string,
    private config: NginxConfig,
  ) {
    mkdirSync(dir, { recursive: true });
    chmodSync(dir, 0o755);
    this.confFile = join(dir, 'nginx.conf');
    this.errorLog = join(dir, 'error.log');
    this.pidFile = join(dir, 'nginx.pid');
    this.write(config);
  }

  /** Writes another configuration; reload() or upgrade() makes it count. */
  write(config: NginxConfig): void {
    this.config = config;
    const format = [
      ...logged.map((name) => `"${name}":"$keyfence_${name}"`),
      '"status":"$status"',
      '"remote_addr":"$remote_addr"',
      '"request":"$request"',
      '"uri":"$request_uri"',
    ].join(',');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${this.dir}/${name};`)
      .join('\n  ');
    const policy = config.policy === false ? '' : `keyfence_policy ${config.policyDir ?? join(this.dir, 'policy')};`;
    const text = `${isRoot ? 'user www-data;' : ''}
worker_processes ${config.workers ?? 1};
daemon ${config.daemon ? 'on' : 'off'};
${instrumented ? 'master_process off;' : ''}
pid ${this.pidFile};
error_log ${this.errorLog} info;
load_module ${config.module ?? moduleFile()};
events { worker_connections 1024; }
http {
  log_format fence escape=json '{${format}}';
  access_log ${this.dir}/access.log fence;
  ${temporary}
  ${policy}
  ${config.http}
}
`;
    writeFileSync(this.confFile, text);
  }

  /** nginx -t. */
  check(): Verdict {
    const run = spawnSync(nginxBinary(), ['-t', '-e', this.errorLog, '-p', this.dir, '-c', this.confFile], {
      encoding: 'utf8',
      env: this.environment(),
    });
    this.expected.push(/\[emerg\]/);
    return { ok: run.status === 0, messages: run.stderr };
  }

  private environment(): NodeJS.ProcessEnv {
    return preload === undefined
      ? process.env
      : {
          ...process.env,
          LD_PRELOAD: preload,
          ASAN_OPTIONS: 'detect_leaks=1:halt_on_error=1:exitcode=99:handle_segv=1:allow_user_segv_handler=1',
          LSAN_OPTIONS: `exitcode=99:report_objects=1:print_suppressions=0:suppressions=${suppressions}`,
          UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1:exitcode=99',
        };
  }

  async start(readyPort: number): Promise<void> {
    const wrapped = valgrind === undefined ? [] : valgrind.split(' ');
    const command = [...wrapped, nginxBinary(), '-e', this.errorLog, '-p', this.dir, '-c', this.confFile];
    const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env: this.environment() });
    this.master = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.exit = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    let ended = false;
    void this.exit.then(() => (ended = true));
    await eventually('nginx listens', async () => {
      if (ended && !this.config.daemon) throw new Error(`nginx did not start:\n${this.output}${this.errors()}`);
      return connects(readyPort);
    });
    if (instrumented) return;
    await eventually('all workers run', () => this.workers().length === (this.config.workers ?? 1));
  }

  /** The pid of the master that serves now, after upgrade() the new one; 0 while it has not written it. */
  get pid(): number {
    return existsSync(this.pidFile) ? Number(readFileSync(this.pidFile, 'utf8').trim()) : 0;
  }

  /** The pids of the workers of a master. */
  workers(master = this.pid): number[] {
    return textOf(`/proc/${master}/task/${master}/children`)
      .trim()
      .split(' ')
      .filter((pid) => textOf(`/proc/${pid}/cmdline`).startsWith('nginx: worker process'))
      .map(Number);
  }

  /** The same; none where nginx runs as a single process under instruments. */
  workersIfAny(): number[] {
    return instrumented ? [] : this.workers();
  }

  signal(name: NodeJS.Signals, pid = this.pid): void {
    process.kill(pid, name);
  }

  /** Reloads, and returns when no worker of the configuration before is left. */
  async reload(): Promise<void> {
    const before = new Set(this.workers());
    this.signal('SIGHUP');
    await eventually('new workers serve alone', () => {
      const now = this.workers();
      return now.length === (this.config.workers ?? 1) && now.every((pid) => !before.has(pid));
    });
  }

  /** Starts a new master with new workers beside the old ones, then ends the old ones. */
  async upgrade(): Promise<void> {
    const old = this.pid;
    this.signal('SIGUSR2');
    await eventually('a second master runs', () => existsSync(`${this.pidFile}.oldbin`) && this.pid !== 0 && this.pid !== old);
    await eventually('its workers run', () => this.workers().length === (this.config.workers ?? 1));
    this.signal('SIGQUIT', old);
    await eventually('the old master is gone', () => isGone(old));
  }

  errors(): string {
    return existsSync(this.errorLog) ? readFileSync(this.errorLog, 'utf8') : '';
  }

  log(): LogLine[] {
    const file = join(this.dir, 'access.log');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine)
      .map((line) => Object.fromEntries(Object.entries(line).map(([k, v]) => [k, v === '' ? '-' : v])) as unknown as LogLine);
  }

  /** The line of one request, once it is written: nginx logs after it has answered. */
  async logged(requestId: string): Promise<LogLine> {
    const find = () => this.log().find((line) => line.request_id === requestId);
    await eventually(`request ${requestId} is logged`, () => find() !== undefined);
    return find()!;
  }

  /** Ends it; what it complained of, nothing if all was well. */
  async stop(): Promise<string[]> {
    if (this.master === undefined) return [];
    const complaints: string[] = [];
    const current = this.pid || this.master.pid!;
    const masters = this.config.daemon ? [current] : [current, this.master.pid!];
    for (const pid of new Set(masters)) if (!isGone(pid)) process.kill(pid, 'SIGTERM');
    const code = await this.exit;
    await eventually('nginx is gone', () => isGone(current));
    // nginx sends its standard error to its log, and with it what a sanitizer reports.
    const report = /^.*(==\d+==ERROR|runtime error:)[^]{0,6000}/m.exec(this.errors())?.[0] ?? '';
    if (code !== 0) complaints.push(`nginx ended with ${code}:\n${this.output}${report}`);
    for (const line of this.errors().split('\n')) {
      if (!/\[(alert|emerg|crit)\]/.test(line)) continue;
      if (!this.expected.some((pattern) => pattern.test(line))) complaints.push(line);
    }
    return complaints;
  }
}

/** What a file of /proc says; nothing once its process is gone. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const isGone = (pid: number) => !/^State:\s+[^Z]/m.test(textOf(`/proc/${pid}/status`));
