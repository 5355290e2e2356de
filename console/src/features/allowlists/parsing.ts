// What a typed text means, asked as one types.
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { ask } from '@/api/client.ts';
import { type FieldError, ProblemError } from '@/api/problem.ts';
import type { Entry, Limits, ParsedEntry } from '@/api/types.ts';
import { contains, countText, overlaps, rangeOf, rangeOfEntry, shortForm } from '@/net/range.ts';

export interface Mistake {
  message: string;
  suggestions: string[];
}

export interface Meaning {
  /** The text that this is about; what is typed now may be further. */
  of: string;
  parsed?: ParsedEntry;
  mistake?: Mistake;
}

const mistakeOf = (error: FieldError | undefined, detail: string): Mistake => ({
  message: error?.message ?? detail,
  suggestions: error?.suggestions ?? [],
});

async function parse(text: string, signal: AbortSignal): Promise<Meaning> {
  try {
    return { of: text, parsed: await ask<ParsedEntry>('POST', '/entries/parse', { body: { text }, signal }) };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status !== 422) throw error;
    return { of: text, mistake: mistakeOf(error.problem.errors?.[0], error.message) };
  }
}

export const meaningQuery = (text: string) =>
  queryOptions({
    queryKey: ['parse', text],
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: ({ signal }) => parse(text, signal),
  });

/** Undefined while nothing is typed or the answer is under way. */
export function useMeaning(text: string): Meaning | undefined {
  const trimmed = text.trim();
  const [settled] = useDebouncedValue(trimmed, 160);
  const { data } = useQuery({
    ...meaningQuery(settled),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
  });
  return trimmed === '' || data?.of !== trimmed ? undefined : data;
}

/** What of a list's entries matters to a new one. */
export type Standing = Pick<Entry, 'canonical' | 'label'>;

export const nameOf = (entry: Standing): string =>
  entry.label === '' ? shortForm(entry.canonical) : `${entry.label} (${shortForm(entry.canonical)})`;

/** Why a list refuses what is a right entry in itself. */
export function refusal(parsed: ParsedEntry, standing: Standing[], limits: Limits | undefined): string | undefined {
  const same = standing.find((entry) => entry.canonical === parsed.canonical);
  if (same) return `${nameOf(same)} is in the list already.`;
  const floor = parsed.family === 4 ? limits?.floor_v4 : limits?.floor_v6;
  if (floor !== null && floor !== undefined) {
    const most = 1n << BigInt((parsed.family === 4 ? 32 : 128) - floor);
    if (BigInt(parsed.count) > most) return `Too broad: this list takes nothing wider than a /${floor}.`;
  }
  return undefined;
}

/** How much of all addresses a very broad entry admits. */
function broadText({ family, count }: ParsedEntry): string {
  const share = (1n << (family === 4 ? 32n : 128n)) / BigInt(count);
  if (share === 1n) return `Very broad: it admits every IPv${family} address.`;
  return `Very broad: it admits one in ${countText(share)} of all IPv${family} addresses.`;
}

/** What is risky about it, in words that say how much. */
export const warningsOf = (parsed: ParsedEntry): string[] =>
  parsed.warnings.map((warning) => (warning.code === 'very_broad' ? broadText(parsed) : warning.message));

/** What it lies in or reaches into. */
export function overlapText(parsed: ParsedEntry, standing: Standing[]): string | undefined {
  const range = rangeOf(parsed.canonical);
  if (!range) return undefined;
  for (const entry of standing) {
    const other = rangeOfEntry(entry);
    if (!other || entry.canonical === parsed.canonical || !overlaps(range, other)) continue;
    if (contains(other, range)) return `Lies inside ${nameOf(entry)}, which admits it already.`;
    if (contains(range, other)) return `Includes ${nameOf(entry)}.`;
    return `Shares addresses with ${nameOf(entry)}.`;
  }
  return undefined;
}
