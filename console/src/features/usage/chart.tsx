// Allowed and blocked requests over time, as stacked bars. Drawn as SVG: the theme's colours count in light and dark,
// and a screen reader gets the totals.
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { compact, grouped } from '@/components/numbers.ts';
import { day, minutesOf, secondsOf } from '@/components/time_formats.ts';
import css from './chart.module.css';
import type { Span } from './time_range.ts';
import type { Bar } from './usage_api.ts';

interface ChartProps {
  bars: Bar[];
  span: Span;
  height?: number;
  /** A click on a bar looks into its span of time. */
  onPick?: ((from: Date, until: Date) => void) | undefined;
}

const left = 44;
const bottom = 22;
const top = 8;

/** Round numbers for the axis: 1, 2 or 5 times a power of ten. */
function ceiling(value: number): number {
  if (value <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? value;
}

export function Chart({ bars, span, height = 190, onPick }: ChartProps) {
  const { ref, width } = useElementSize();
  const [hovered, setHovered] = useState<number>();
  const most = ceiling(Math.max(0, ...bars.map((bar) => bar.allowed + bar.denied)));
  const inner = Math.max(0, width - left);
  const step = bars.length === 0 ? 0 : inner / bars.length;
  const plotHeight = height - top - bottom;
  const y = (value: number) => (value / most) * plotHeight;
  const spansDays = span.until.getTime() - span.from.getTime() > 36 * 3_600_000;
  const label = (at: Date) => (spansDays ? day().format(at) : span.bucketSeconds < 60 ? secondsOf(at) : minutesOf(at));
  const every = Math.max(1, Math.ceil(bars.length / Math.max(2, Math.floor(inner / 84))));
  const total = bars.reduce(
    (sum, bar) => ({
      allowed: sum.allowed + bar.allowed,
      denied: sum.denied + bar.denied,
      wouldDeny: sum.wouldDeny + bar.wouldDeny,
    }),
    { allowed: 0, denied: 0, wouldDeny: 0 },
  );
  const bar = hovered === undefined ? undefined : bars[hovered];
  const middle = hovered === undefined ? 0 : left + (hovered + 0.5) * step;
  return (
    <div>
      <div className={css.legend}>
        <div>
          <span className={css.swatch} style={{ background: 'var(--kf-chart-ok)' }} aria-hidden />
          <span className={css.figure}>{grouped(total.allowed)}</span> allowed
        </div>
        <div>
          <span className={css.swatch} style={{ background: 'var(--kf-chart-bad)' }} aria-hidden />
          <span className={css.figure}>{grouped(total.denied)}</span> blocked
        </div>
        {total.wouldDeny > 0 && (
          <div>
            <span className={css.figure}>{grouped(total.wouldDeny)}</span> would be blocked without monitoring
          </div>
        )}
      </div>
      <div className={css.chart} ref={ref} style={{ height }}>
        {width > 0 && (
          <svg
            height={height}
            viewBox={`0 0 ${width} ${height}`}
            role="img"
            aria-label={`Requests over time: ${total.allowed} allowed, ${total.denied} blocked`}
            onPointerLeave={() => setHovered(undefined)}
          >
            {[0, 0.5, 1].map((part) => (
              <g key={part}>
                <line
                  className={css.grid}
                  x1={left}
                  x2={width}
                  y1={top + plotHeight * (1 - part)}
                  y2={top + plotHeight * (1 - part)}
                />
                <text className={css.axis} x={left - 8} y={top + plotHeight * (1 - part) + 4} textAnchor="end">
                  {compact(most * part)}
                </text>
              </g>
            ))}
            {bars.map((one, index) => {
              const x = left + index * step + Math.min(2, step * 0.15);
              const barWidth = Math.max(1, step - Math.min(4, step * 0.3));
              const allowed = y(one.allowed);
              const denied = one.denied > 0 ? Math.max(2, y(one.denied)) : 0;
              return (
                <g key={one.at.getTime()}>
                  {/* biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the pointer; the time filter does the same by keyboard */}
                  <rect
                    className={`${css.slot} ${hovered === index ? css.picked : ''}`}
                    x={left + index * step}
                    y={top}
                    width={step}
                    height={plotHeight}
                    style={onPick ? { cursor: 'zoom-in' } : undefined}
                    onPointerEnter={() => setHovered(index)}
                    onClick={() => onPick?.(one.at, new Date(one.at.getTime() + span.bucketSeconds * 1000))}
                  />
                  <g pointerEvents="none">
                    <rect
                      className={css.allowed}
                      x={x}
                      y={top + plotHeight - allowed}
                      width={barWidth}
                      height={allowed}
                      rx={1}
                    />
                    <rect
                      className={css.denied}
                      x={x}
                      y={top + plotHeight - allowed - denied}
                      width={barWidth}
                      height={denied}
                      rx={1}
                    />
                  </g>
                  {index % every === 0 && index * step < inner - 30 && (
                    <text className={css.axis} x={left + index * step} y={height - 4}>
                      {label(one.at)}
                    </text>
                  )}
                </g>
              );
            })}
          </svg>
        )}
        {bar && (
          <div className={css.tip} style={middle > width / 2 ? { right: width - middle + 10 } : { left: middle + 10 }}>
            <div>{`${day().format(bar.at)}, ${minutesOf(bar.at)}`}</div>
            <div>
              <strong className="kf-num">{grouped(bar.allowed)}</strong> allowed,{' '}
              <strong className="kf-num">{grouped(bar.denied)}</strong> blocked
            </div>
          </div>
        )}
      </div>
    </div>
  );
}
