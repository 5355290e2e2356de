// Addresses as numbers, to tell what lies inside what. Reads canonical forms, as the API writes them: it judges nothing
// that a person types; POST /entries/parse does.

export interface Range {
  family: 4 | 6;
  first: bigint;
  last: bigint;
}

function ipv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function ipv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined) => (half === undefined || half === '' ? [] : half.split(':'));
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

export function addressNumber(text: string): { family: 4 | 6; value: bigint } | undefined {
  const four = ipv4(text);
  if (four !== undefined) return { family: 4, value: four };
  const six = ipv6(text);
  return six === undefined ? undefined : { family: 6, value: six };
}

/** What a canonical entry admits: an address, a CIDR block, or first-last. */
export function rangeOf(canonical: string): Range | undefined {
  const [head, length] = canonical.split('/') as [string, string?];
  if (length !== undefined) {
    const base = addressNumber(head);
    if (!base) return undefined;
    const free = BigInt((base.family === 4 ? 32 : 128) - Number(length));
    return { family: base.family, first: base.value, last: base.value + (1n << free) - 1n };
  }
  const [from, to] = canonical.split('-') as [string, string?];
  const first = addressNumber(from.trim());
  const last = to === undefined ? first : addressNumber(to.trim());
  if (!first || !last || first.family !== last.family) return undefined;
  return { family: first.family, first: first.value, last: last.value };
}

export const overlaps = (a: Range, b: Range): boolean =>
  a.family === b.family && a.first <= b.last && b.first <= a.last;

export const contains = (outer: Range, inner: Range): boolean =>
  outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;

/** Whether a canonical entry admits an address. */
export function admits(canonical: string, address: string): boolean {
  const range = rangeOf(canonical);
  const one = rangeOf(address);
  return range !== undefined && one !== undefined && contains(range, one);
}

const ranges = new WeakMap<object, Range | { family: 0 }>();

/** The range of an entry, worked out once: lists have 100,000 of them. */
export function rangeOfEntry(entry: { canonical: string }): Range | undefined {
  let range = ranges.get(entry);
  if (range === undefined) {
    range = rangeOf(entry.canonical) ?? { family: 0 };
    ranges.set(entry, range);
  }
  return range.family === 0 ? undefined : range;
}

/** Whether one of the entries admits an address. */
export function anyAdmits(entries: readonly { canonical: string }[], address: string): boolean {
  const one = rangeOf(address);
  if (one === undefined) return false;
  return entries.some((entry) => {
    const range = rangeOfEntry(entry);
    return range !== undefined && contains(range, one);
  });
}

/** 65536 as 65,536; large numbers of IPv6 as a power of two, 2⁸⁰. */
export function countText(count: string | bigint): string {
  const value = BigInt(count);
  if (value < 10n ** 12n) return value.toLocaleString('en');
  const bits = value.toString(2);
  const isPower = /^10*$/.test(bits);
  const exponent = String(bits.length - 1).replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]!);
  return isPower ? `2${exponent}` : `about 2${exponent}`;
}

/** Without the /32 or /128 of a single address. */
export const shortForm = (canonical: string): string =>
  canonical.includes(':') ? canonical.replace(/\/128$/, '') : canonical.replace(/\/32$/, '');
