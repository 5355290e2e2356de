import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const isFree = (port: number) =>
  new Promise<boolean>((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });

/** Whether something listens there. */
export const connects = (port: number) =>
  new Promise<boolean>((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });

let next = 0;

/** A loopback port that nothing listens on, below those that the kernel gives to clients. */
export async function freePort(): Promise<number> {
  const first = Number(process.env['KEYFENCE_E2E_PORTS'] ?? 12_000);
  const base = first + (Number(process.env['TEST_PARALLEL_INDEX'] ?? 0) % 8) * 1_000;
  if (next === 0) next = process.pid % 900;
  for (let tries = 0; tries < 900; ++tries) {
    const port = base + (next++ % 1_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free loopback port');
}

/** Asks until the answer is true; how long it takes is nobody's promise, that it happens is. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_500; ++tries) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error(`never happened: ${what}`);
}
