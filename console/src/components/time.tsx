// Times in the viewer's zone, UTC on hover.
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { styled } from '@/app/library.ts';
import { once } from './once.ts';
import { dateTime, day, exact, secondsOf } from './time_formats.ts';

const Tip = lazy(() => styled(import('./tip.tsx')));

const relative = once(() => new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' }));

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

export function ago(time: string, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  if (Math.abs(seconds) < 45) return seconds <= 0 ? 'just now' : 'in a moment';
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['minute', 60];
  return relative().format(Math.trunc(seconds / size) || Math.sign(seconds), unit);
}

export const utc = (time: string) => `${time.replace('T', ' ').replace(/(\.\d+)?Z$/, '')} UTC`;

interface TimeProps {
  at: string | null | undefined;
  /** relative: "3 minutes ago". log: the day where it is not today, then the clock. */
  style?: 'relative' | 'exact' | 'log' | 'date';
  never?: string;
}

function textOf(at: string, style: NonNullable<TimeProps['style']>): string {
  const date = new Date(at);
  if (style === 'relative') return ago(at);
  if (style === 'exact') return exact().format(date);
  if (style === 'date') return dateTime().format(date);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? secondsOf(date) : `${day().format(date)} ${secondsOf(date)}`;
}

/** Hundreds of these stand on a page: what is told on hover is made only when somebody hovers. */
export function Time({ at, style = 'relative', never = 'never' }: TimeProps) {
  const [hovered, setHovered] = useState(false);
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(waiting.current), []);
  if (!at) return <span>{never}</span>;
  const enter = () => {
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => setHovered(true), 200);
  };
  const leave = () => {
    clearTimeout(waiting.current);
    setHovered(false);
  };
  const text = (
    <time dateTime={at} className="kf-num" onPointerEnter={enter} onPointerLeave={leave}>
      {textOf(at, style)}
    </time>
  );
  return hovered ? (
    <Suspense fallback={text}>
      <Tip label={`${exact().format(new Date(at))} · ${utc(at)}`}>{text}</Tip>
    </Suspense>
  ) : (
    text
  );
}
