// A policy as tests write it, and the program that makes images of it without a daemon.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

import { policyImageTool } from './paths.ts';

export interface Entry {
  range: string;
  state?: 'enabled' | 'disabled';
  /** Seconds since 1970. */
  expires_at?: number;
}

export interface List {
  mode?: 'enforce' | 'monitor' | 'off';
  when_empty?: 'allow' | 'deny';
  entries?: (Entry | string)[];
}

export type ErrorStyle = 'envelope' | 'flat' | 'problem';

export interface Account {
  /** A number; as text acc_…, see accountId(). */
  id: number;
  state?: 'active' | 'suspended';
  error_style?: ErrorStyle;
  allowlist?: List;
}

export interface Key {
  id: number;
  account: number;
  secret: string;
  state?: 'active' | 'disabled' | 'revoked';
  expires_at?: number;
  scopes?: string[];
  allowlist?: List;
}

export interface Policy {
  instance?: { error_style?: ErrorStyle; allowlist?: List };
  accounts?: Account[];
  keys?: Key[];
}

export type Command =
  | ({ op: 'build'; revision: number } & Policy)
  | { op: 'put_instance'; revision: number; instance: NonNullable<Policy['instance']> }
  | { op: 'put_account'; revision: number; account: Account }
  | { op: 'put_key'; revision: number; key: Key }
  | { op: 'remove_key'; revision: number; secret: string };

const digits = '0123456789abcdefghjkmnpqrstvwxyz';

function crockford(value: number): string {
  let text = '';
  for (let rest = BigInt(value), i = 0; i < 13; ++i, rest >>= 5n) text = digits[Number(rest & 31n)]! + text;
  return text;
}

export const keyId = (id: number) => `key_${crockford(id)}`;
export const accountId = (id: number) => `acc_${crockford(id)}`;

/** The one writer of a policy directory. */
export class PolicyImage {
  private readonly waiting: ((line: string) => void)[] = [];
  private readonly lines: Interface;
  private readonly exited: Promise<void>;
  private output = '';
  revision = 0;

  private constructor(private readonly process: ChildProcessWithoutNullStreams) {
    this.lines = createInterface({ input: process.stdout });
    this.lines.on('line', (line) => this.waiting.shift()?.(line));
    process.stderr.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = new Promise((resolve) =>
      process.once('exit', () => {
        for (const waiter of this.waiting.splice(0)) waiter(`error: policy_image ended: ${this.output}`);
        resolve();
      }),
    );
  }

  static open(dir: string): PolicyImage {
    return new PolicyImage(spawn(policyImageTool(), [dir]));
  }

  /** Runs one command; returns the generation that it left published. */
  private async run(command: Command): Promise<number> {
    const answer = new Promise<string>((resolve) => this.waiting.push(resolve));
    this.process.stdin.write(JSON.stringify(command) + '\n');
    const line = await answer;
    const ok = /^ok (\d+)$/.exec(line);
    if (!ok) throw new Error(`policy_image: ${line}`);
    return Number(ok[1]);
  }

  build(policy: Policy): Promise<number> {
    return this.run({ op: 'build', revision: ++this.revision, ...policy });
  }
  putKey(key: Key): Promise<number> {
    return this.run({ op: 'put_key', revision: ++this.revision, key });
  }
  putAccount(account: Account): Promise<number> {
    return this.run({ op: 'put_account', revision: ++this.revision, account });
  }
  putInstance(instance: NonNullable<Policy['instance']>): Promise<number> {
    return this.run({ op: 'put_instance', revision: ++this.revision, instance });
  }
  removeKey(secret: string): Promise<number> {
    return this.run({ op: 'remove_key', revision: ++this.revision, secret });
  }

  async close(): Promise<void> {
    this.process.stdin.end();
    await this.exited;
  }
}
