// How times are written, in the viewer's zone. The clock is put together here: a format of the browser's takes a slow
// machine longer to make than a page of them to write.
import { once } from './once.ts';

export const dateTime = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }));
export const exact = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }));
export const day = once(() => new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' }));

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** 09:05 */
export const minutesOf = (date: Date): string => `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;

/** 09:05:42 */
export const secondsOf = (date: Date): string => `${minutesOf(date)}:${twoDigits(date.getSeconds())}`;
