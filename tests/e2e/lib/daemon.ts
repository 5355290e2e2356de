// `keyfence serve` in directories of the test's choice, and its API.
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { eventually, freePort } from './net.ts';
import { daemonBinary } from './paths.ts';

export interface DaemonSetup {
  /** For the log and the ready file; made if missing. */
  home: string;
  dataDir?: string;
  policyDir?: string;
  port?: number;
  /** What starts the daemon, such as ['prlimit', '--fsize=65536']. */
  wrapper?: string[];
  flags?: string[];
}

export interface ApiAnswer {
  status: number;
  headers: Headers;
  // The tests say what they expect of it; openapi.yaml says what it holds.
  body: any;
}

export class Daemon {
  private process: ChildProcess | undefined;
  private exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | undefined;
  private readonly readyFile: string;
  private readonly logFile: string;
  readonly dataDir: string;
  readonly policyDir: string;
  readonly tokenFile: string;

  private constructor(
    private readonly setup: DaemonSetup,
    readonly port: number,
  ) {
    mkdirSync(setup.home, { recursive: true });
    this.readyFile = join(setup.home, 'ready');
    this.logFile = join(setup.home, 'daemon.log');
    this.tokenFile = join(setup.home, 'first-token');
    this.dataDir = setup.dataDir ?? join(setup.home, 'data');
    this.policyDir = setup.policyDir ?? join(setup.home, 'policy');
  }

  /** A daemon that is not running yet. */
  static async prepare(setup: DaemonSetup): Promise<Daemon> {
    return new Daemon(setup, setup.port ?? (await freePort()));
  }

  static async start(setup: DaemonSetup): Promise<Daemon> {
    const daemon = await Daemon.prepare(setup);
    await daemon.start();
    return daemon;
  }

  private launch(): void {
    rmSync(this.readyFile, { force: true });
    const [program, ...rest] = [
      ...(this.setup.wrapper ?? []),
      daemonBinary(),
      'serve',
      '--data-dir', this.dataDir,
      '--policy-dir', this.policyDir,
      '--listen', `127.0.0.1:${this.port}`,
      '--first-token-file', this.tokenFile,
      '--ready-file', this.readyFile,
      ...(this.setup.flags ?? []),
    ];
    const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.exit = new Promise((done) =>
      child.on('close', (code, signal) => log.end(() => done({ code, signal }))),
    );
    this.process = child;
  }

  /** Starts it (again) and waits until it is ready. */
  async start(): Promise<void> {
    this.launch();
    await eventually(`the daemon is ready: ${this.logFile}`, () => {
      if (this.process?.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(`the daemon ended (${this.process?.exitCode}): ${this.log()}`);
      }
      return existsSync(this.readyFile);
    });
  }

  /** Starts it where it must fail, and answers how it ended. */
  async startAndFail(): Promise<{ code: number | null; log: string }> {
    this.launch();
    const gaveUp = eventually('the daemon ended or is ready', () => {
      return !this.running || existsSync(this.readyFile);
    });
    await gaveUp;
    if (existsSync(this.readyFile)) {
      await this.stop();
      throw new Error('the daemon started where it must not');
    }
    const { code } = await this.exit!;
    return { code, log: this.log() };
  }

  get pid(): number {
    return this.process!.pid!;
  }

  get running(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Ends it, by SIGTERM unless told otherwise, and answers its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.running) this.process!.kill(signal);
    return (await this.exit)?.code ?? null;
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  get token(): string {
    return readFileSync(this.tokenFile, 'utf8').trim();
  }

  /** One call of the API; a body that is no text is sent as JSON. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    const isText = typeof body === 'string';
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'Content-Type': isText ? 'text/plain' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text,
    };
  }

  /** A call that must succeed; its body. */
  async ok(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 2000)}`);
    }
    return answer.body;
  }
}
