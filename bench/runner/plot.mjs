// Plots as SVG text: horizontal bars and lines, on a linear or logarithmic scale. Colours follow the reader's light or
// dark scheme; the background is the page's own.

const style = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 11px; fill: #57606a; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .axis { stroke: #57606a; stroke-width: 1; }
  .range { stroke: #24292f; stroke-width: 1.5; }
  .c0 { fill: #0969da; stroke: #0969da; } .c1 { fill: #8c959f; stroke: #8c959f; } .c2 { fill: #bc4c00; stroke: #bc4c00; }
  .c3 { fill: #8250df; stroke: #8250df; } .c4 { fill: #1a7f37; stroke: #1a7f37; } .c5 { fill: #bf3989; stroke: #bf3989; }
  .line { fill: none; stroke-width: 2; }
  .limit { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #30363d; } .axis { stroke: #9198a1; }
    .range { stroke: #e6edf3; }
    .c0 { fill: #4493f8; stroke: #4493f8; } .c1 { fill: #7d8590; stroke: #7d8590; } .c2 { fill: #db6d28; stroke: #db6d28; }
    .c3 { fill: #ab7df8; stroke: #ab7df8; } .c4 { fill: #3fb950; stroke: #3fb950; } .c5 { fill: #db61a2; stroke: #db61a2; }
    .line { fill: none; } .limit { stroke: #f85149; }
  }`;

const escape = (text) => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const n = (value) => Math.round(value * 10) / 10;
const text = (x, y, content, { anchor = 'start', cls = '' } = {}) =>
  `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}"${cls ? ` class="${cls}"` : ''}>${escape(content)}</text>`;
const line = (x1, y1, x2, y2, cls) => `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" class="${cls}"/>`;

function svg(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>${style}
</style>
${parts.join('\n')}
</svg>
`;
}

export function shown(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (value >= 1e3) return Math.round(value).toLocaleString('en-GB');
  return String(Number(value.toPrecision(3)));
}

// Where to draw lines on an axis that holds these values, and how to place a value between 0 and 1.
function linearScale(max) {
  const raw = max / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const top = Math.ceil(max / step) * step;
  const ticks = [];
  for (let tick = 0; tick <= top + step / 2; tick += step) ticks.push(Number(tick.toPrecision(12)));
  return { ticks, at: (value) => value / top };
}

function logScale(min, max) {
  const low = Math.floor(Math.log10(min));
  const high = Math.ceil(Math.log10(max));
  const ticks = [];
  for (let power = low; power <= high; ++power) ticks.push(10 ** power);
  const span = Math.max(high - low, 1);
  return { ticks, at: (value) => (Math.log10(Math.max(value, 10 ** low)) - low) / span };
}

// bars: [{ label, value, min, max, colour, note }]; a bar without label leaves a gap. limit: { value, label }.
export function barChart({ title, axis, bars, log = false, limit }) {
  const left = 16 + Math.max(...bars.map((bar) => (bar.label ?? '').length)) * 7;
  const width = 860;
  const right = 120;
  const top = 48;
  const each = 24;
  const plot = width - left - right;
  const height = top + bars.length * each + 52;
  const values = bars.filter((bar) => bar.label);
  const most = Math.max(...values.map((bar) => bar.max ?? bar.value), limit?.value ?? 0);
  const scale = log ? logScale(Math.min(...values.map((bar) => bar.min ?? bar.value)), most) : linearScale(most);
  const x = (value) => left + scale.at(value) * plot;
  const bottom = top + bars.length * each;
  const parts = [text(12, 26, title, { cls: 'title' })];
  for (const tick of scale.ticks) {
    parts.push(line(x(tick), top - 6, x(tick), bottom, 'grid'), text(x(tick), bottom + 16, shown(tick), { anchor: 'middle', cls: 'small' }));
  }
  bars.forEach((bar, i) => {
    if (!bar.label) return;
    const y = top + i * each;
    parts.push(text(left - 8, y + 14, bar.label, { anchor: 'end' }));
    parts.push(`<rect x="${left}" y="${y + 3}" width="${n(Math.max(x(bar.value) - left, 1))}" height="${each - 8}" class="c${bar.colour ?? 0}"/>`);
    if (bar.min !== undefined) parts.push(line(x(bar.min), y + 11, x(bar.max), y + 11, 'range'));
    parts.push(text(x(Math.max(bar.value, bar.max ?? 0)) + 6, y + 15, `${shown(bar.value)}${bar.note ? ` ${bar.note}` : ''}`));
  });
  if (limit) {
    parts.push(line(x(limit.value), top - 8, x(limit.value), bottom, 'limit'), text(x(limit.value) + 4, top - 10, limit.label, { cls: 'small' }));
  }
  parts.push(text(left + plot / 2, bottom + 36, axis, { anchor: 'middle' }));
  return svg(width, height, title, parts);
}

// series: [{ name, colour, points: [{ x, y, min, max }] }]
export function lineChart({ title, xAxis, yAxis, series, logX = true, logY = false }) {
  const width = 860;
  const height = 440;
  const left = 76;
  const right = 230;
  const top = 52;
  const bottom = height - 60;
  const all = series.flatMap(({ points }) => points);
  const tops = all.map((point) => point.max ?? point.y);
  const xs = all.map((point) => point.x);
  const scaleX = logX ? logScale(Math.min(...xs), Math.max(...xs)) : linearScale(Math.max(...xs));
  const scaleY = logY ? logScale(Math.min(...all.map((p) => p.min ?? p.y)), Math.max(...tops)) : linearScale(Math.max(...tops));
  const x = (value) => left + scaleX.at(value) * (width - left - right);
  const y = (value) => bottom - scaleY.at(value) * (bottom - top);
  const parts = [text(12, 26, title, { cls: 'title' })];
  for (const tick of scaleY.ticks) {
    parts.push(line(left, y(tick), width - right, y(tick), 'grid'), text(left - 8, y(tick) + 4, shown(tick), { anchor: 'end', cls: 'small' }));
  }
  for (const tick of scaleX.ticks) {
    parts.push(line(x(tick), top, x(tick), bottom, 'grid'), text(x(tick), bottom + 18, shown(tick), { anchor: 'middle', cls: 'small' }));
  }
  // Names stand beside the last points, moved apart where they would touch.
  const names = series
    .map((one, i) => ({ name: one.name, colour: one.colour ?? i, y: y(one.points.at(-1).y) }))
    .sort((a, b) => a.y - b.y);
  names.forEach((name, i) => {
    if (i > 0) name.y = Math.max(name.y, names[i - 1].y + 17);
  });
  series.forEach(({ points, colour }, i) => {
    const cls = `c${colour ?? i}`;
    parts.push(`<polyline class="${cls} line" points="${points.map((p) => `${n(x(p.x))},${n(y(p.y))}`).join(' ')}"/>`);
    for (const point of points) {
      if (point.min !== undefined) parts.push(line(x(point.x), y(point.min), x(point.x), y(point.max), 'range'));
      parts.push(`<circle cx="${n(x(point.x))}" cy="${n(y(point.y))}" r="4" class="${cls}"/>`);
    }
  });
  for (const name of names) {
    parts.push(`<circle cx="${width - right + 16}" cy="${n(name.y)}" r="5" class="c${name.colour}"/>`, text(width - right + 26, name.y + 4, name.name));
  }
  parts.push(text(left + (width - left - right) / 2, height - 16, xAxis, { anchor: 'middle' }));
  parts.push(`<text transform="translate(20 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(yAxis)}</text>`);
  return svg(width, height, title, parts);
}
