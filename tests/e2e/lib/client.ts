// HTTP as clients speak it: over node's agents, over HTTP/2, and byte by byte.
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';

/** What the echo upstream saw; see upstream.ts. */
export interface Seen {
  method: string;
  url: string;
  headers: [string, string][];
  body: string;
}

export class Answer {
  constructor(
    readonly status: number,
    readonly headers: http.IncomingHttpHeaders,
    readonly rawHeaders: string[],
    readonly body: string,
  ) {}

  /** All lines of one response header. */
  lines(name: string): string[] {
    const found: string[] = [];
    for (let i = 0; i + 1 < this.rawHeaders.length; i += 2) {
      if (this.rawHeaders[i]!.toLowerCase() === name.toLowerCase()) found.push(this.rawHeaders[i + 1]!);
    }
    return found;
  }

  get requestId(): string {
    return this.lines('x-request-id').join(',');
  }

  json(): Record<string, unknown> {
    return JSON.parse(this.body) as Record<string, unknown>;
  }

  /** What the upstream saw; only for requests that reached it. */
  get seen(): Seen {
    if (this.headers['x-echo'] !== 'yes') throw new Error(`did not reach the upstream: ${this.status} ${this.body}`);
    return JSON.parse(this.body) as Seen;
  }

  get reachedUpstream(): boolean {
    return this.headers['x-echo'] === 'yes';
  }

  /** The value of a header as the upstream saw it, undefined if it did not. */
  upstreamHeader(name: string): string | undefined {
    const values = this.seen.headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, v]) => v);
    return values.length === 0 ? undefined : values.join('|');
  }
}

export interface Ask {
  method?: string;
  key?: string;
  /** Lines in order; a name may repeat. */
  headers?: [string, string][];
  body?: string;
  /** The client's own address: anything in 127.0.0.0/8. */
  from?: string;
  agent?: http.Agent;
}

function headerLines(ask: Ask): [string, string][] {
  const lines: [string, string][] = [...(ask.headers ?? [])];
  if (ask.key !== undefined) lines.push(['Authorization', `Bearer ${ask.key}`]);
  return lines;
}

/** One request over HTTP/1.1, on a connection of its own unless an agent is given. */
export function ask(port: number, path: string, options: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const flat: string[] = ['Host', 'gateway.test'];
    for (const [name, value] of headerLines(options)) flat.push(name, value);
    if (options.body !== undefined) flat.push('Content-Length', String(Buffer.byteLength(options.body)));
    const request = http.request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        // A flat list keeps repeated names, which node's types do not know.
        headers: flat as unknown as http.OutgoingHttpHeaders,
        agent: options.agent ?? false,
        ...(options.from ? { localAddress: options.from } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve(
            new Answer(
              response.statusCode ?? 0,
              response.headers,
              response.rawHeaders,
              Buffer.concat(chunks).toString(),
            ),
          ),
        );
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

/** Sends bytes as they are and reads until the server closes or `until` says enough. */
export function raw(
  port: number,
  bytes: string | Buffer,
  options: { from?: string; until?: (text: string) => boolean } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: '127.0.0.1',
      port,
      ...(options.from ? { localAddress: options.from } : {}),
    });
    let text = '';
    let settled = false;
    const finish = () => {
      if (settled) return;
      settled = true;
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(10_000, () => {
      socket.destroy();
      reject(new Error(`no end of answer after: ${text}`));
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (options.until?.(text)) finish();
    });
    socket.on('close', finish);
    socket.on('error', (error) => (text === '' ? reject(error) : finish()));
    socket.write(bytes);
  });
}

/** The status of each answer in a raw text. */
export const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));

/** One HTTP/2 connection without TLS, several requests at a time. */
export class Http2Client {
  private constructor(private readonly session: http2.ClientHttp2Session) {}

  static connect(port: number): Promise<Http2Client> {
    return new Promise((resolve, reject) => {
      const session = http2.connect(`http://127.0.0.1:${port}`);
      session.once('error', reject);
      session.once('connect', () => resolve(new Http2Client(session)));
    });
  }

  ask(path: string, options: Ask = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers: http2.OutgoingHttpHeaders = { ':path': path, ':method': options.method ?? 'GET' };
      for (const [name, value] of headerLines(options)) {
        const lower = name.toLowerCase();
        const standing = headers[lower];
        headers[lower] = standing === undefined ? value : [standing as string, value].flat();
      }
      const stream = this.session.request(headers, { endStream: options.body === undefined });
      let status = 0;
      let received: http2.IncomingHttpHeaders = {};
      let body = '';
      stream.on('response', (answer) => {
        received = answer;
        status = answer[':status'] ?? 0;
      });
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => (body += chunk));
      stream.on('error', reject);
      stream.on('end', () => {
        const flat: string[] = [];
        for (const [name, value] of Object.entries(received)) {
          for (const one of [value ?? ''].flat()) flat.push(name, one);
        }
        resolve(new Answer(status, received as http.IncomingHttpHeaders, flat, body));
      });
      if (options.body !== undefined) stream.end(options.body);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.session.close(resolve));
  }
}
