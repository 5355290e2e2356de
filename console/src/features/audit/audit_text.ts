// What an audit line says in a sentence's words.
const actions: Record<string, string> = {
  'account.create': 'created the account',
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
  'instance.update': 'changed instance settings',
};

export const actionText = (action: string): string => actions[action] ?? action.replace('.', ': ').replaceAll('_', ' ');

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

/** The fields that differ, in the order of what stands after. */
export function changesOf(before: unknown, after: unknown): FieldChange[] {
  if (!isRecord(before) && !isRecord(after)) {
    return shown(before) === shown(after) ? [] : [{ name: 'value', before: shown(before), after: shown(after) }];
  }
  const old = isRecord(before) ? before : {};
  const fresh = isRecord(after) ? after : {};
  return [...new Set([...Object.keys(fresh), ...Object.keys(old)])]
    .map((name) => ({ name, before: shown(old[name]), after: shown(fresh[name]) }))
    .filter((change) => change.before !== change.after);
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
