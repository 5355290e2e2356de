// A decision table's policy set up through the admin API, as an operator would: entries as they are typed.
import { createHash } from 'node:crypto';

import type { Daemon } from './daemon.ts';
import type { DecisionTable, TableKey, TableList } from './decision_table.ts';

export interface Applied {
  /** By the names that the table gives. */
  secrets: Map<string, string>;
  keyIds: Map<string, string>;
  accountIds: Map<string, string>;
}

const rfc3339 = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const expiry = (now: number, offset: number | undefined) =>
  offset === undefined ? {} : { expires_at: rfc3339(now + offset) };

const putList = (daemon: Daemon, path: string, list: TableList, now: number) =>
  daemon.ok('PUT', `${path}?confirm=open_to_everyone`, {
    mode: list.mode,
    when_empty: list.when_empty,
    entries: list.entries.map(({ text, label, enabled, expires }) => ({ text, label, enabled, ...expiry(now, expires) })),
  });

async function createKey(daemon: Daemon, account: string, key: TableKey, now: number): Promise<[string, string]> {
  const facts = { name: key.name, scopes: key.scopes, ...expiry(now, key.expires) };
  if (key.secret === undefined) {
    const created = await daemon.ok('POST', `/api/v1/accounts/${account}/keys`, facts);
    return [created.key.id, created.secret];
  }
  const digest = createHash('sha256').update(key.secret).digest('hex');
  const imported = await daemon.ok('POST', `/api/v1/accounts/${account}/keys/import`, [{ ...facts, digest }]);
  return [imported.key_ids[0], key.secret];
}

/** Makes the table the policy of a new daemon, with its times counted from now. */
export async function applyTable(daemon: Daemon, table: DecisionTable, now: number): Promise<Applied> {
  const applied: Applied = { secrets: new Map(), keyIds: new Map(), accountIds: new Map() };
  await daemon.ok('PATCH', '/api/v1/instance', { error_style: table.error_style });
  await putList(daemon, '/api/v1/allowlist', table.global, now);
  for (const { name, state, error_style, allowlist } of table.accounts) {
    const style = error_style === undefined ? {} : { error_style };
    const account = await daemon.ok('POST', '/api/v1/accounts', { name, state, ...style });
    applied.accountIds.set(name, account.id);
    await putList(daemon, `/api/v1/accounts/${account.id}/allowlist`, allowlist, now);
  }
  for (const key of table.keys) {
    const [id, secret] = await createKey(daemon, applied.accountIds.get(key.account)!, key, now);
    applied.keyIds.set(key.name, id);
    applied.secrets.set(key.name, secret);
    await putList(daemon, `/api/v1/keys/${id}/allowlist`, key.allowlist, now);
    if (key.state === 'disabled') await daemon.ok('PATCH', `/api/v1/keys/${id}`, { state: 'disabled' });
    if (key.state === 'revoked') await daemon.ok('POST', `/api/v1/keys/${id}/revoke`);
  }
  return applied;
}

/** The path of a list as [refused] names it: global, account NAME, key NAME. */
export function listPath([layer, owner]: string[], applied: Applied): string {
  if (layer === 'account') return `/api/v1/accounts/${applied.accountIds.get(owner!)}/allowlist`;
  if (layer === 'key') return `/api/v1/keys/${applied.keyIds.get(owner!)}/allowlist`;
  return '/api/v1/allowlist';
}
