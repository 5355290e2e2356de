// What stands between a call and its answer: a session that ended, a password that is asked for again, a daemon that
// is away. The call waits for the dialog and is made again, so that nothing typed on the page is lost.

export type Ask = 'sign_in' | 'confirm';

interface State {
  ask: Ask | undefined;
  reachable: boolean;
}

let state: State = { ask: undefined, reachable: true };
let waiting: { promise: Promise<boolean>; settle: (passed: boolean) => void } | undefined;
const listeners = new Set<() => void>();

function set(change: Partial<State>): void {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

export const gate = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  read: (): State => state,

  /** Opens the dialog; true when the person passed it. Calls that fail together share one dialog. */
  pass(ask: Ask): Promise<boolean> {
    if (!waiting) {
      let settle: (passed: boolean) => void = () => {};
      const promise = new Promise<boolean>((resolve) => {
        settle = resolve;
      });
      waiting = { promise, settle };
      set({ ask });
    }
    return waiting.promise;
  },

  settle(passed: boolean): void {
    waiting?.settle(passed);
    waiting = undefined;
    set({ ask: undefined });
  },

  setReachable(reachable: boolean): void {
    if (state.reachable !== reachable) set({ reachable });
  },
};
