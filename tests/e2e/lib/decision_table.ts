// The decision tables of tests/decisions, as the front doors are asked them. The format is described in the README
// there, and held to its last detail by the reader in C++; this one takes what that one lets pass.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const tablesDir = resolve(import.meta.dirname, '../../decisions');

export interface TableEntry {
  text: string;
  label: string;
  enabled: boolean;
  /** Seconds from the moment at which the table is run. */
  expires?: number;
}

export interface TableList {
  mode: 'enforce' | 'monitor' | 'off';
  when_empty: 'allow' | 'deny';
  entries: TableEntry[];
}

export type Style = 'envelope' | 'flat' | 'problem';

export interface TableAccount {
  name: string;
  state: 'active' | 'suspended';
  error_style?: Style;
  allowlist: TableList;
}

export interface TableKey {
  name: string;
  account: string;
  state: 'active' | 'disabled' | 'revoked';
  expires?: number;
  scopes: string[];
  /** A secret of another form, imported by its digest. */
  secret?: string;
  allowlist: TableList;
}

export interface TableCase {
  line: number;
  key: string;
  address: string;
  requires: string[];
  at: number;
  status: number;
  reason: string;
  layer: string;
  would_deny: string | null;
  would_deny_layer: string | null;
  style: Style | null;
  body: string | null;
}

export interface RefusedEntry {
  line: number;
  list: string[];
  text: string;
  code: string;
}

export interface DecisionTable {
  name: string;
  published: boolean;
  error_style: Style;
  global: TableList;
  accounts: TableAccount[];
  keys: TableKey[];
  refused: RefusedEntry[];
  cases: TableCase[];
}

const emptyList = (): TableList => ({ mode: 'enforce', when_empty: 'allow', entries: [] });
const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

function offset(text: string): number {
  if (text === 'now') return 0;
  const parts = /^([+-]\d+)([smhd])$/.exec(text);
  if (!parts) throw new Error(`no time: ${text}`);
  return Number(parts[1]) * unitSeconds[parts[2]!]!;
}

const words = (text: string) => (text === '-' ? [] : text.split(' ').filter((word) => word !== ''));

function entry(line: string): TableEntry {
  const [text, label = '', options = ''] = line.split('|').map((part) => part.trim());
  const read: TableEntry = { text: text!, label, enabled: true };
  for (const option of options.split(',').map((part) => part.trim())) {
    if (option === 'disabled') read.enabled = false;
    else if (option.startsWith('expires ')) read.expires = offset(option.slice('expires '.length));
    else if (option !== '') throw new Error(`no option: ${option}`);
  }
  return read;
}

/** One section's lines: "name = value" pairs. */
function settings(lines: [number, string][]): Map<string, string> {
  return new Map(
    lines.map(([, line]) => {
      const at = line.indexOf(' = ');
      if (at < 0) throw new Error(`no setting: ${line}`);
      return [line.slice(0, at).trim(), line.slice(at + 3).trim()];
    }),
  );
}

function list(lines: [number, string][]): TableList {
  const isSetting = ([, line]: [number, string]) => /^(mode|when_empty) = /.test(line);
  const set = settings(lines.filter(isSetting));
  return {
    mode: (set.get('mode') ?? 'enforce') as TableList['mode'],
    when_empty: (set.get('when_empty') ?? 'allow') as TableList['when_empty'],
    entries: lines.filter((line) => !isSetting(line)).map(([, line]) => entry(line)),
  };
}

/** The rows of a table, as a map from column to cell. */
function rows(lines: [number, string][]): [number, Map<string, string>][] {
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  const columns = cells(lines[0]![1]);
  return lines.slice(1).map(([number, line]) => {
    const row = cells(line);
    if (row.length !== columns.length) throw new Error(`line ${number}: ${row.length} cells`);
    return [number, new Map(columns.map((column, i) => [column, row[i]!]))];
  });
}

function readCase(line: number, row: Map<string, string>, bodies: Map<string, string>): TableCase {
  const cell = (column: string) => row.get(column) ?? '-';
  const named = (column: string) => (cell(column) === '-' ? null : cell(column));
  const allowed = cell('reason') === 'allowed';
  const body = named('body');
  if (body !== null && !bodies.has(body)) throw new Error(`line ${line}: no body ${body}`);
  return {
    line,
    key: cell('key'),
    address: cell('address'),
    requires: words(cell('requires')),
    at: offset(row.get('at') ?? 'now'),
    status: Number(cell('status')),
    reason: cell('reason'),
    layer: named('layer') ?? 'none',
    would_deny: named('would_deny'),
    would_deny_layer: named('would_deny_layer'),
    style: (named('style') ?? (allowed ? null : 'envelope')) as Style | null,
    body: body === null ? null : bodies.get(body)!,
  };
}

function parse(name: string, text: string): DecisionTable {
  const table: DecisionTable = {
    name,
    published: true,
    error_style: 'envelope',
    global: emptyList(),
    accounts: [],
    keys: [],
    refused: [],
    cases: [],
  };
  const bodies = new Map<string, string>();
  const sections: { heading: string[]; lines: [number, string][] }[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    if (line.startsWith('[')) sections.push({ heading: words(line.slice(1, -1)), lines: [] });
    else sections.at(-1)!.lines.push([index + 1, line]);
  });
  for (const { heading, lines } of sections) {
    const [kind, first, second] = heading;
    if (kind === 'no') {
      table.published = false;
    } else if (kind === 'instance') {
      table.error_style = (settings(lines).get('error_style') ?? 'envelope') as Style;
    } else if (kind === 'account') {
      const set = settings(lines);
      const style = set.get('error_style') as Style | undefined;
      table.accounts.push({
        name: first!,
        state: (set.get('state') ?? 'active') as TableAccount['state'],
        ...(style === undefined ? {} : { error_style: style }),
        allowlist: emptyList(),
      });
    } else if (kind === 'key') {
      const set = settings(lines);
      const expires = set.get('expires');
      const secret = set.get('secret');
      table.keys.push({
        name: first!,
        account: set.get('account')!,
        state: (set.get('state') ?? 'active') as TableKey['state'],
        scopes: words(set.get('scopes') ?? '-'),
        ...(expires === undefined ? {} : { expires: offset(expires) }),
        ...(secret === undefined ? {} : { secret }),
        allowlist: emptyList(),
      });
    } else if (kind === 'allowlist') {
      if (first === 'global') table.global = list(lines);
      else if (first === 'account') table.accounts.find((account) => account.name === second)!.allowlist = list(lines);
      else table.keys.find((key) => key.name === second)!.allowlist = list(lines);
    } else if (kind === 'body') {
      bodies.set(first!, lines[0]![1]);
    } else if (kind === 'refused') {
      table.refused = rows(lines).map(([line, row]) => ({
        line,
        list: words(row.get('list')!),
        text: row.get('entry')!,
        code: row.get('code')!,
      }));
    } else if (kind === 'cases') {
      table.cases = rows(lines).map(([line, row]) => readCase(line, row, bodies));
    } else {
      throw new Error(`no section: ${heading.join(' ')}`);
    }
  }
  return table;
}

/** Every table there is, by name. */
export function allTables(): DecisionTable[] {
  return readdirSync(tablesDir)
    .filter((file) => file.endsWith('.decision'))
    .sort()
    .map((file) => parse(file.replace(/\.decision$/, ''), readFileSync(join(tablesDir, file), 'utf8')));
}

const secondsOfSlack = 60;

/**
 * Whether a door that has the real time alone can be asked: nothing that the case looks at may expire in the first
 * minute after the time that it is asked at.
 */
export function isRealTime(table: DecisionTable, asked: TableCase): boolean {
  const key = table.keys.find((candidate) => candidate.name === asked.key);
  const account = table.accounts.find((candidate) => candidate.name === key?.account);
  const lists = [table.global, account?.allowlist, key?.allowlist];
  const times = [key?.expires, ...lists.flatMap((each) => each?.entries.map((one) => one.expires) ?? [])];
  return times.every((time) => time === undefined || time <= asked.at || time >= asked.at + secondsOfSlack);
}
