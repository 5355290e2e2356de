// Short names for what openapi.yaml describes.
import type { components } from './schema.d.ts';

type Schemas = components['schemas'];

export type Account = Schemas['Account'];
export type Allowlist = Schemas['Allowlist'];
export type AllowlistReplaced = Schemas['AllowlistReplaced'];
export type AllowlistSettings = Schemas['AllowlistSettings'];
export type AuditLine = Schemas['AuditLine'];
export type Decision = Schemas['Decision'];
export type LayerVerdict = Schemas['LayerVerdict'];
export type Entry = Schemas['Entry'];
export type EntryChange = Schemas['EntryChange'];
export type EntryInput = Schemas['EntryInput'];
export type ErrorStyle = Schemas['ErrorStyle'];
export type ImportLine = Schemas['ImportLine'];
export type ImportReport = Schemas['ImportReport'];
export type Instance = Schemas['Instance'];
export type Key = Schemas['Key'];
export type KeyCreate = Schemas['KeyCreate'];
export type KeyPatch = Schemas['KeyPatch'];
export type KeyWithSecret = Schemas['KeyWithSecret'];
export type Limits = Schemas['Limits'];
export type ListMode = Schemas['ListMode'];
export type ParsedEntry = Schemas['ParsedEntry'];
export type Reason = Schemas['Reason'];
export type Role = Schemas['Role'];
export type Status = Schemas['Status'];
export type Token = Schemas['Token'];
export type Warning = Schemas['Warning'];
export type WhenEmpty = Schemas['WhenEmpty'];
export type Whoami = components['responses']['Whoami']['content']['application/json'];

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Membership {
  account_id: string;
  account_name: string;
  role: Role;
}

export interface Session {
  id: string;
  created_at: string;
  idle_ends_at: string;
  ends_at: string;
  fresh_until: string;
}

export interface Me {
  kind: 'person' | 'token';
  id: string;
  login: string;
  name: string;
  operator: boolean;
  memberships: Membership[];
  totp_enabled: boolean;
  recovery_codes_left: number;
  session: Session | null;
}

export interface SignIn {
  status: 'signed_in' | 'second_factor_required';
  me?: Me;
}

export interface OpenSession {
  id: string;
  created_at: string;
  last_seen_at: string;
  address: string;
  user_agent: string;
  current: boolean;
}

export interface Member {
  id: string;
  login: string;
  name: string;
  role: Role;
  joined_at: string;
  last_sign_in_at: string | null;
  totp_enabled: boolean;
}

export interface Invitation {
  id: string;
  login: string;
  role: Role;
  expires_at: string;
  token?: string;
}

export interface UsageRecord {
  time: string;
  request_id: string;
  account_id: string | null;
  key_id: string | null;
  address: string | null;
  address_header: 'ignored' | 'malformed' | null;
  method: string;
  host: string;
  path: string;
  user_agent: string;
  truncated: boolean;
  status: number;
  bytes_sent: number;
  duration_micros: number;
  decision: 'allow' | 'deny';
  reason: Reason;
  layer: 'none' | 'global' | 'account' | 'key';
  would_deny: string | null;
  would_deny_layer: string | null;
  matched_entries: { global: string | null; account: string | null; key: string | null };
  revision: number;
  gateway: string;
}

export interface UsageTotal {
  group: string;
  allowed: number;
  denied: number;
  would_deny: number;
}
