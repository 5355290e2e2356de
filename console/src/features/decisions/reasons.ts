import type { Tone } from '@/components/bits.tsx';

/** What happened and what to do about it, for every reason that a gateway gives. */
export const reasonText: Record<string, { name: string; what: string; advice?: string }> = {
  allowed: { name: 'Allowed', what: 'Key, scopes and all three allowlists were in order.' },
  no_policy: {
    name: 'No policy',
    what: 'The gateway had no policy yet.',
    advice: 'Look at Status: the daemon has not published to this gateway.',
  },
  key_missing: { name: 'No key', what: 'The request carried no key.', advice: 'Send it as “Authorization: Bearer …”.' },
  key_malformed: {
    name: 'Malformed key',
    what: 'What was sent cannot be a key: it is cut short or mistyped.',
    advice: 'Copy the secret again, whole.',
  },
  key_unknown: { name: 'Unknown key', what: 'No such key exists here, or it was rotated or deleted.' },
  key_disabled: {
    name: 'Key disabled',
    what: 'The key, or its account, was disabled.',
    advice: 'Enable it again in the menu of the key.',
  },
  key_revoked: { name: 'Key revoked', what: 'The key was revoked for good.', advice: 'Create a new key.' },
  key_expired: {
    name: 'Key expired',
    what: 'The key had reached its end.',
    advice: 'Give it a later end, or rotate it.',
  },
  scope_missing: {
    name: 'Scope missing',
    what: 'The route requires a scope that the key lacks.',
    advice: 'Add the scope to the key.',
  },
  address_unknown: {
    name: 'Address unknown',
    what: 'The gateway could not tell the client address, so lists that consult it refuse.',
    advice: 'A trusted proxy sent a header that cannot be read.',
  },
  address_denied_global: {
    name: 'Not on the global allowlist',
    what: 'The address is on no usable entry of the global allowlist.',
    advice: 'The operator can allow it.',
  },
  address_denied_account: {
    name: 'Not on the account’s allowlist',
    what: 'The address is on no usable entry of the account’s allowlist.',
  },
  address_denied_key: {
    name: 'Not on the key’s allowlist',
    what: 'The address is on no usable entry of the key’s allowlist.',
  },
};

export const reasonName = (reason: string): string => reasonText[reason]?.name ?? reason;

export const reasonTone = (reason: string, wouldDeny: string | null): Tone =>
  reason !== 'allowed' ? 'bad' : wouldDeny ? 'warn' : 'ok';

export const layerName: Record<string, string> = {
  none: 'Before the lists',
  global: 'Global allowlist',
  account: 'Account’s allowlist',
  key: 'Key’s allowlist',
};
