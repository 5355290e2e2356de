// The API behind the gateway: answers with what it saw of the request.
import http from 'node:http';

import type { Seen } from './client.ts';

export interface Reply {
  status?: number;
  headers?: http.OutgoingHttpHeaders;
  body?: string;
}

export class Upstream {
  /** How many requests reached it, by path without query. */
  readonly counts = new Map<string, number>();
  readonly requests: Seen[] = [];
  /** Answers in place of the echo where it returns something. */
  reply: (seen: Seen) => Reply | undefined = () => undefined;

  private constructor(
    private readonly server: http.Server,
    readonly port: number,
  ) {}

  static start(): Promise<Upstream> {
    return new Promise((resolve, reject) => {
      const server = http.createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 65_536 });
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') return reject(new Error('no port'));
        const upstream = new Upstream(server, address.port);
        server.on('request', (request, response) => upstream.answer(request, response));
        resolve(upstream);
      });
    });
  }

  get count(): number {
    return this.requests.length;
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers: [string, string][] = [];
      for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
        headers.push([request.rawHeaders[i]!, request.rawHeaders[i + 1]!]);
      }
      const seen: Seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers,
        body: Buffer.concat(chunks).toString(),
      };
      this.requests.push(seen);
      const path = seen.url.split('?', 1)[0]!;
      this.counts.set(path, (this.counts.get(path) ?? 0) + 1);
      const reply = this.reply(seen);
      response.writeHead(reply?.status ?? 200, {
        'Content-Type': 'application/json',
        'X-Echo': 'yes',
        ...reply?.headers,
      });
      response.end(reply?.body ?? JSON.stringify(seen));
    });
    request.on('error', () => response.destroy());
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
