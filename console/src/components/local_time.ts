// Times as a datetime-local field has them, in the viewer's zone, and as the API has them.
const pad = (value: number) => String(value).padStart(2, '0');

export function localTime(rfc3339: string | null | undefined): string {
  if (!rfc3339) return '';
  const date = new Date(rfc3339);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

export const rfc3339 = (local: string): string | null =>
  local === '' ? null : new Date(local).toISOString().replace(/\.\d+Z$/, 'Z');
