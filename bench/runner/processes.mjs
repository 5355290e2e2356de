// Starts programs and ends those that were started, each by its own pid; reads what they cost.
import { spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();

// Whatever happens to the run, nothing that it started stays.
export async function stopAll() {
  await Promise.all([...running].map((server) => server.stop()));
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    await stopAll();
    process.exit(130);
  });
}

export class Server {
  // command: [program, ...arguments]; log: where its output goes.
  constructor(name, command, { log, env = {} } = {}) {
    const out = log ? openSync(log, 'a') : 'ignore';
    this.name = name;
    this.child = spawn(command[0], command.slice(1), { stdio: ['ignore', out, out], env: { ...process.env, ...env } });
    this.exited = new Promise((resolve) => {
      this.child.on('exit', (code) => {
        this.code = code ?? -1;
        running.delete(this);
        resolve();
      });
      this.child.on('error', (error) => {
        this.code = -1;
        this.failure = error.message;
        running.delete(this);
        resolve();
      });
    });
    running.add(this);
    this.log = log;
  }

  get pid() {
    return this.child.pid;
  }

  // Waits until it accepts connections on a port of 127.0.0.1.
  async listening(port, seconds = 30) {
    const until = Date.now() + seconds * 1000;
    while (Date.now() < until) {
      if (this.code !== undefined) throw new Error(`${this.name} ended with ${this.code}: ${this.failure ?? this.tail()}`);
      if (await accepts(port)) return this;
      await sleep(50);
    }
    throw new Error(`${this.name} does not listen on ${port} after ${seconds} s: ${this.tail()}`);
  }

  tail() {
    return this.log ? readFileSync(this.log, 'utf8').slice(-2000) : '';
  }

  async stop(signal = 'SIGTERM') {
    if (this.code !== undefined) return;
    this.child.kill(signal);
    await Promise.race([this.exited, sleep(10_000).then(() => this.child.kill('SIGKILL'))]);
  }

  // The pids of the process and of its children: nginx's master and workers.
  family() {
    return [this.pid, ...childrenOf(this.pid)];
  }

  // Nanoseconds of processor time, user and system, that the process and its children have taken.
  cpuNanoseconds() {
    return this.family().reduce((sum, pid) => sum + cpuOf(pid), 0);
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

// The scheduler's own count, in nanoseconds, of all threads; utime and stime count the same in steps of 10 ms.
function cpuOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
      .reduce((a, b) => a + b, 0);
  } catch {
    return 0;
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Runs a program to its end without blocking the event loop; answers its standard output.
export function run(command, { env = {}, input, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), {
      stdio: ['pipe', 'pipe', quiet ? 'pipe' : 'inherit'],
      env: { ...process.env, ...env },
    });
    const entry = { stop: async () => child.kill() };
    running.add(entry);
    let out = '';
    let errors = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr?.on('data', (data) => (errors += data));
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(entry);
      if (code === 0) resolve(out);
      else reject(new Error(`${command.join(' ')} ended with ${code}\n${errors}${out.slice(-1000)}`));
    });
    child.stdin.end(input);
  });
}

// The rows that one of our C++ programs prints, one JSON object a line.
export async function rowsOf(command, options) {
  const out = await run(command, options);
  return out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

export function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}
