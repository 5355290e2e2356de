// Parts of a page that can wait: each is made when the browser has nothing better to do, one after the other, so that
// what a person does first is answered first.
import { type ReactNode, startTransition, useEffect, useState } from 'react';

const queue: (() => void)[] = [];
let asked = false;

const whenIdle: (run: () => void) => void =
  'requestIdleCallback' in window
    ? (run) => requestIdleCallback(run, { timeout: 1_500 })
    : (run) => setTimeout(run, 50);

function next(): void {
  asked = false;
  const make = queue.shift();
  if (make) startTransition(make);
  askForTime();
}

function askForTime(): void {
  if (asked || queue.length === 0) return;
  asked = true;
  whenIdle(next);
}

export function Later({ children, meanwhile = null }: { children: () => ReactNode; meanwhile?: ReactNode }) {
  const [due, setDue] = useState(false);
  useEffect(() => {
    const make = () => setDue(true);
    queue.push(make);
    askForTime();
    return () => {
      const at = queue.indexOf(make);
      if (at >= 0) queue.splice(at, 1);
    };
  }, []);
  return due ? children() : meanwhile;
}
