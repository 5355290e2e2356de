// Short names for what openapi.yaml describes.
import type { components } from './schema.d.ts';

type Schemas = components['schemas'];

export type Account = Schemas['Account'];
export type Allowlist = Schemas['Allowlist'];
export type AllowlistReplaced = Schemas['AllowlistReplaced'];
export type AllowlistRestored = Schemas['AllowlistRestored'];
export type AllowlistSummary = Schemas['AllowlistSummary'];
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
export type ListDifference = Schemas['ListDifference'];
export type ListMode = Schemas['ListMode'];
export type ListRevision = Schemas['ListRevision'];
export type ParsedEntry = Schemas['ParsedEntry'];
export type PastAllowlist = Schemas['PastAllowlist'];
export type Reason = Schemas['Reason'];
export type Role = Schemas['Role'];
export type Status = Schemas['Status'];
export type GatewayStatus = Schemas['GatewayStatus'];
export type Token = Schemas['Token'];
export type Warning = Schemas['Warning'];
export type WhenEmpty = Schemas['WhenEmpty'];
export type Whoami = components['responses']['Whoami']['content']['application/json'];

export interface Page<T> {
  items: T[];
  next: string | null;
}

export type Operator = Schemas['Operator'];
export type Member = Schemas['Member'];
export type Invitation = Schemas['Invitation'];
export type InvitationWithToken = Schemas['InvitationWithToken'];
export type InvitationFound = components['responses']['InvitationFound']['content']['application/json'];
export type Me = Schemas['Me'];
export type OpenSession = Schemas['Session'];
export type UnusedEntry = Schemas['UnusedEntry'];
export type UsageRecord = Schemas['UsageRecord'];
export type UsageTotal = Schemas['UsageTotal'];
export type SignIn = components['responses']['SignedIn']['content']['application/json'];
