// Medians with what lies round them.

export function summarise(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1], rounds: sorted.length };
}

// The ratio of two series that were measured in the same rounds, round by round.
export function ratios(values, to) {
  return summarise(values.map((value, i) => value / to[i]));
}

export function differences(values, to) {
  return summarise(values.map((value, i) => value - to[i]));
}

// Three significant digits, without an exponent.
export function short(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  const magnitude = Math.abs(value);
  if (magnitude >= 1000) return Math.round(value).toLocaleString('en-GB');
  if (magnitude >= 100) return value.toFixed(0);
  if (magnitude >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

export const withRange = (sample) => `${short(sample.median)} (${short(sample.min)}–${short(sample.max)})`;

// Rows of cells as text, columns aligned: the first to the left, the others to the right.
export function textTable(header, rows) {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd();
  return [line(all[0]), widths.map((w) => '-'.repeat(w)).join('  '), ...all.slice(1).map(line)].join('\n');
}
