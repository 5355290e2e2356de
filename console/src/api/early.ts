// Who is looking, asked for before the code is there that wants to know.

export interface EarlyAnswer {
  status: number;
  text: string;
}

let answer: Promise<EarlyAnswer> | undefined;

export function askWhoIsThere(): void {
  answer = fetch('/api/v1/me').then(async (response) => ({ status: response.status, text: await response.text() }));
  answer.catch(() => {}); // who takes it hears of it
}

/** The answer, once. */
export function takeWhoIsThere(): Promise<EarlyAnswer> | undefined {
  const taken = answer;
  answer = undefined;
  return taken;
}
