// One sentence that says what a list means now.
import type { ListMode, WhenEmpty } from '@/api/types.ts';
import { Note, type Tone } from '@/components/bits.tsx';

export interface ListFacts {
  mode: ListMode;
  when_empty: WhenEmpty;
  entries: number;
  /** Enabled and not ended; unknown for lists that are not loaded whole. */
  usable?: number;
}

const subjects = { global: 'any key of this instance', account: 'any key of this account', key: 'this key' } as const;

export function statementOf(
  layer: keyof typeof subjects,
  facts: ListFacts,
): { tone: Tone; title: string; text: string } {
  const subject = subjects[layer];
  if (facts.mode === 'off') {
    return { tone: 'quiet', title: 'Off', text: 'This list is not looked at. Its entries are kept.' };
  }
  if (facts.entries === 0 && facts.when_empty === 'allow') {
    return {
      tone: 'warn',
      title: 'Open to any address',
      text: `The list is empty, so ${subject} may be used from anywhere.`,
    };
  }
  if (facts.mode === 'monitor') {
    return {
      tone: 'warn',
      title: 'Monitoring only',
      text: 'Requests from other addresses pass, and the usage log says which ones would have been blocked.',
    };
  }
  if (facts.entries === 0) {
    return { tone: 'info', title: 'Closed', text: `No address may use ${subject} until one is added.` };
  }
  if (facts.usable === 0) {
    return { tone: 'bad', title: 'Closed', text: 'Every entry has ended or is not in use, so no address may call.' };
  }
  const count = facts.entries === 1 ? 'the one entry' : `the ${facts.entries.toLocaleString('en')} entries`;
  return {
    tone: 'ok',
    title: 'Restricted',
    text: `Only addresses in ${count} below may use ${subject}. Everything else is blocked.`,
  };
}

export function Statement({ layer, facts }: { layer: keyof typeof subjects; facts: ListFacts }) {
  const { tone, title, text } = statementOf(layer, facts);
  return (
    <Note tone={tone} title={title}>
      {text}
    </Note>
  );
}
