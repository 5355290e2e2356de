// Readings that are asked for before the code is there that wants them. Whoever asks the same for the first time takes the
// answer that is on its way.
import { type Query, urlOf } from './url.ts';

const asked = new Map<string, Promise<Response>>();

/** Nobody is shown what was true when the page was opened long after. */
const keptMs = 10_000;

async function whole(url: string): Promise<Response> {
  const response = await fetch(url);
  // Read now, for there is time now.
  const text = await response.text();
  response.text = async () => text;
  return response;
}

export function askEarly(path: string, query?: Query): void {
  const url = urlOf(path, query);
  const answer = whole(url);
  answer.catch(() => {}); // who takes it hears of it
  asked.set(url, answer);
  setTimeout(() => asked.delete(url), keptMs);
}

/** The answer, once. */
export function takeEarly(url: string): Promise<Response> | undefined {
  const answer = asked.get(url);
  asked.delete(url);
  return answer;
}

/** Signed out, the answers are not those that the next person gets. */
export const forgetEarly = (): void => asked.clear();
