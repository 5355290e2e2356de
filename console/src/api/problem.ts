import type { components } from './schema.d.ts';

export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];

/** The API refused; `problem` says why in words for the person. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ProblemError';
  }

  get status(): number {
    return this.problem.status;
  }

  is(code: string): boolean {
    return this.problem.code.toLowerCase() === code.toLowerCase();
  }

  /** The first error whose JSON pointer or parameter is this one. */
  field(name: string): FieldError | undefined {
    return this.problem.errors?.find((error) => error.pointer === name || error.parameter === name);
  }
}

/** No answer at all: the daemon is down or the network is. */
export class UnreachableError extends Error {
  constructor() {
    super('Keyfence does not answer. Gateways go on with the last policy; try again in a moment.');
    this.name = 'UnreachableError';
  }
}

/** What can be shown of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof ProblemError) {
    const fields = error.problem.errors?.map((field) => field.message) ?? [];
    return fields.length > 0 ? fields.join(' ') : error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

export const hasCode = (error: unknown, code: string): error is ProblemError =>
  error instanceof ProblemError && error.is(code);
