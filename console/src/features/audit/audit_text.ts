// What an audit line says in a sentence's words.
import type { Entry } from '@/api/types.ts';
import { type Changes, changesBetween, isNothing } from '../history/difference.ts';

const actions: Record<string, string> = {
  'account.create': 'created the account',
  'account.rename': 'renamed the account',
  'account.update': 'changed the account',
  'account.delete': 'deleted the account',
  'account.restore': 'restored the account',
  'key.create': 'created a key',
  'key.update': 'changed a key',
  'key.delete': 'deleted a key',
  'key.revoke': 'revoked a key',
  'key.rotate': 'rotated a key',
  'key.import': 'imported keys',
  'allowlist.update': 'changed the settings of an allowlist',
  'allowlist.replace': 'saved an allowlist',
  'allowlist.import': 'imported entries into an allowlist',
  'allowlist.restore': 'restored an allowlist',
  'entry.create': 'added an entry',
  'entry.update': 'changed an entry',
  'entry.delete': 'removed an entry',
  'account.purge': 'removed the account for good',
  'member.join': 'joined the account',
  'member.update': 'changed the role of a member',
  'member.remove': 'removed a member',
  'invitation.create': 'invited a person',
  'invitation.revoke': 'took back an invitation',
  'person.create': 'created a person',
  'person.rename': 'changed the own name',
  'person.set_password': 'changed the own password',
  'person.reset_password': 'reset a password',
  'person.enable_totp': 'turned the second factor on',
  'person.disable_totp': 'turned the second factor off',
  'person.renew_recovery_codes': 'made new recovery codes',
  'session.begin': 'signed in',
  'session.end': 'signed out',
  'session.end_others': 'ended other sessions',
  'session.confirm': 'confirmed the password',
  'session.confirm_denied': 'failed to confirm the password',
  'session.denied': 'failed to sign in',
  'session.second_factor_denied': 'failed at the second factor',
  'session.throttled': 'tried to sign in too often',
  'token.create': 'created a management token',
  'token.revoke': 'revoked a management token',
  'instance.restore': 'put a backup in the place of the store',
  'instance.update': 'changed instance settings',
};

export const actionText = (action: string): string => actions[action] ?? action.replace('.', ': ').replaceAll('_', ' ');

/** The same on the page of one list. */
export const listActionText = (action: string): string =>
  actionText(action).replace(
    / (into|of)? ?an allowlist$/,
    action === 'allowlist.replace' || action === 'allowlist.restore' ? ' the list' : '',
  );

/** What the log can be asked for: all about one kind of thing, or one action. */
export const actionGroups: { name: string; kinds: { prefix: string; label: string }[] }[] = [
  { name: 'API keys', kinds: [{ prefix: 'key', label: 'All about keys' }] },
  {
    name: 'Allowlists',
    kinds: [
      { prefix: 'allowlist', label: 'All about whole lists' },
      { prefix: 'entry', label: 'All about single entries' },
    ],
  },
  { name: 'Accounts', kinds: [{ prefix: 'account', label: 'All about accounts' }] },
  {
    name: 'Members',
    kinds: [
      { prefix: 'member', label: 'All about members' },
      { prefix: 'invitation', label: 'All about invitations' },
    ],
  },
  { name: 'Management tokens', kinds: [{ prefix: 'token', label: 'All about tokens' }] },
  { name: 'Signing in', kinds: [{ prefix: 'session', label: 'All about signing in' }] },
  { name: 'People', kinds: [{ prefix: 'person', label: 'All about people' }] },
  { name: 'The instance', kinds: [{ prefix: 'instance', label: 'All about the instance' }] },
];
export const actionsOf = (kind: string): string[] => Object.keys(actions).filter((name) => name.startsWith(`${kind}.`));

/** Something that was refused, rather than done. */
export const isDenied = (action: string): boolean => /denied$|throttled$/.test(action);

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export interface FieldChange {
  name: string;
  before: string;
  after: string;
}

const isRecord = (value: unknown): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
}

/** Every field by its full name, as limits.key.entries_max. */
function fieldsOf(value: unknown, prefix = ''): Map<string, string> {
  const fields = new Map<string, string>();
  if (!isRecord(value)) {
    if (prefix !== '' || (value !== null && value !== undefined)) fields.set(prefix || 'value', shown(value));
    return fields;
  }
  for (const [name, inner] of Object.entries(value)) {
    for (const [path, text] of fieldsOf(inner, prefix === '' ? name : `${prefix}.${name}`)) fields.set(path, text);
  }
  return fields;
}

/** Told elsewhere on the line, or as entries below it. */
const leftOut = ['revision', 'entries'];

/** The fields that differ, in the order of what stands after. */
export function changesOf(before: unknown, after: unknown): FieldChange[] {
  const old = fieldsOf(before);
  const fresh = fieldsOf(after);
  return [...new Set([...fresh.keys(), ...old.keys()])]
    .filter((name) => !leftOut.includes(name))
    .map((name) => ({ name, before: old.get(name) ?? '', after: fresh.get(name) ?? '' }))
    .filter((change) => change.before !== change.after);
}

/** An import tells of its entries their canonical text alone. */
const entryOf = (value: Json): Entry =>
  typeof value === 'string'
    ? {
        id: value as Entry['id'],
        text: value,
        canonical: value,
        kind: 'cidr',
        label: '',
        enabled: true,
        expires_at: null,
        added_by: '',
        added_at: '',
      }
    : (value as unknown as Entry);

const entriesIn = (value: unknown): Entry[] | undefined =>
  isRecord(value) && Array.isArray(value.entries) ? value.entries.map(entryOf) : undefined;

/** Where the line holds the entries of a list, what came, went and became another. */
export function entryChangesOf(before: unknown, after: unknown): Changes | undefined {
  const old = entriesIn(before);
  const fresh = entriesIn(after);
  if (!old && !fresh) return undefined;
  const changes = changesBetween(old ?? [], fresh ?? []);
  return isNothing(changes) ? undefined : changes;
}

const naming = ['name', 'canonical', 'text', 'label', 'login', 'email'];

/** What the line is about, by the name that it had or got. */
export function subjectName(before: unknown, after: unknown, subject: string): string {
  for (const source of [after, before]) {
    if (!isRecord(source)) continue;
    for (const field of naming) {
      const value = source[field];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return subject;
}
