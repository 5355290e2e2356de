// What a decision table's cases show as credentials, and what a refusal must look like at any door.
import { randomBytes } from 'node:crypto';

import { expect } from '@playwright/test';

import type { Answer } from './client.ts';
import { proxied } from './fixtures.ts';
import type { DecisionTable, Style, TableCase, TableKey, TableList } from './decision_table.ts';
import type { List, Policy } from './policy.ts';

/** Of our own form, with its checksum; no instance ever issued it. */
const neverIssued = 'kf_NkEkip852w7ezO07HvDv7aQkXh32Mx2fh1BtP9QF3J01GQotR';
const mistyped = neverIssued.replace('Nk', 'Nx');

/** The secret that a case shows; undefined: it shows none. */
export function credential(asked: TableCase, secrets: Map<string, string>): string | undefined {
  if (asked.key === 'none') return undefined;
  if (asked.key === 'mistyped') return mistyped;
  if (asked.key === 'unknown') return neverIssued;
  return secrets.get(asked.key)!;
}

/** Secrets for keys that are written into an image by their digests, as if they were imported. */
export const importedSecrets = (table: DecisionTable): Map<string, string> =>
  new Map(table.keys.map((key) => [key.name, key.secret ?? `${key.name}-${randomBytes(16).toString('hex')}`]));

/** A table's policy for the image tool, with times that count from now. */
export function imagePolicy(table: DecisionTable, secrets: Map<string, string>, now: number): Policy {
  const expiry = (offset: number | undefined) => (offset === undefined ? {} : { expires_at: now + offset });
  const list = ({ mode, when_empty, entries }: TableList): List => ({
    mode,
    when_empty,
    entries: entries.map(({ text, enabled, expires }) => ({
      range: text,
      state: enabled ? 'enabled' : 'disabled',
      ...expiry(expires),
    })),
  });
  const accountId = (name: string) => 1 + table.accounts.findIndex((account) => account.name === name);
  const key = ({ name, account, state, scopes, expires, allowlist }: TableKey, index: number) => ({
    id: 1_000 + index,
    account: accountId(account),
    secret: secrets.get(name)!,
    state,
    scopes,
    allowlist: list(allowlist),
    ...expiry(expires),
  });
  return {
    instance: { error_style: table.error_style, allowlist: list(table.global) },
    accounts: table.accounts.map(({ name, state, error_style, allowlist }) => ({
      id: accountId(name),
      state,
      allowlist: list(allowlist),
      ...(error_style === undefined ? {} : { error_style }),
    })),
    keys: table.keys.map(key),
  };
}

const codeOfStatus = (status: number, reason: string) =>
  status === 401
    ? 'INVALID_API_KEY'
    : status === 503
      ? 'POLICY_UNAVAILABLE'
      : reason === 'scope_missing'
        ? 'INSUFFICIENT_SCOPE'
        : 'IP_NOT_ALLOWED';

const codeOfBody: Record<Style, (body: Record<string, unknown>) => unknown> = {
  envelope: (body) => (body['error'] as Record<string, unknown>)['code'],
  flat: (body) => String(body['error']).toUpperCase(),
  problem: (body) => String(body['type']).split(':').at(-1)!.replaceAll('-', '_').toUpperCase(),
};

/** What the client gets: the upstream's answer, or a refusal's status, content type and body. */
export function expectAnswer(answer: Answer, asked: TableCase): void {
  const style = asked.style;
  expect(answer.status).toBe(asked.status);
  expect(answer.reachedUpstream).toBe(style === null);
  if (style === null) return;
  expect(answer.headers['content-type']).toBe(style === 'problem' ? 'application/problem+json' : 'application/json');
  expect(codeOfBody[style](answer.json())).toBe(codeOfStatus(asked.status, asked.reason));
  expect(answer.requestId).toMatch(/^[0-9A-Za-z_-]{1,64}$/);
  if (asked.body !== null) expect(answer.body).toBe(asked.body.replace('{request_id}', answer.requestId));
}

/** The path of the location that requires these scopes. */
export const pathOf = (requires: string[]) =>
  `/requires/${encodeURIComponent([...requires].sort().join(' ')) || 'nothing'}`;

/** A server's text with one location for each set of scopes that the table's cases require; clients name themselves. */
export function fenced(table: DecisionTable): string {
  const paths = new Map(table.cases.map(({ requires }) => [pathOf(requires), requires]));
  const locations = [...paths].map(([path, requires]) => {
    const scope = requires.length === 0 ? '' : `keyfence_scope ${requires.join(' ')};`;
    return `location = "${decodeURIComponent(path)}" { ${scope} ${proxied} }`;
  });
  return ['keyfence on; keyfence_trusted_proxies 127.0.0.1;', ...locations].join('\n    ');
}
