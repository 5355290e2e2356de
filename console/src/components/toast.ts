// Says what happened, in a corner. Who shows it is loaded with the first message.
import { messageOf } from '@/api/problem.ts';

export interface Undo {
  label: string;
  run: () => Promise<unknown> | undefined;
}

export interface Message {
  tone: 'done' | 'failed';
  text: string;
  undo?: Undo | undefined;
}

type Show = (message: Message) => void;

let waiting: Message[] = [];
let show: Show | undefined;
let wanted = false;
const listeners = new Set<() => void>();

export const toasts = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  areWanted: () => wanted,
  /** From now on messages are shown by this, those that wait first. */
  showBy(next: Show): void {
    show = next;
    for (const message of waiting.splice(0)) next(message);
  },
};

function tell(message: Message): void {
  if (show) {
    show(message);
    return;
  }
  waiting = [...waiting, message];
  wanted = true;
  for (const listener of listeners) listener();
}

/** Says that something happened; with a way back where it hurts. */
export const say = (text: string, undo?: Undo): void => tell({ tone: 'done', text, undo });

export const sayError = (error: unknown): void => tell({ tone: 'failed', text: messageOf(error) });

/** "enforced at revision 1234": the API answers only once its own machine's gateway follows. */
export const enforcedAt = (revision: number) => `Enforced at revision ${revision.toLocaleString('en')}`;
