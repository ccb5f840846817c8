// A plot over time: lines, their reference range as a band, a readable legend. uPlot draws; the
// colours come from the theme.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../base/theme';
import { useStore } from '../base/store';

export interface PlotLine { name: string; unit?: string; values: (number | null)[]; low?: number; high?: number }

interface Props { label: string; at: number[]; lines: PlotLine[]; height?: number; points?: boolean; area?: boolean; whole?: boolean }

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colours = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6', '--line-7'];

function bands(lines: PlotLine[], fill: string) {
  return (u: uPlot) => {
    lines.forEach((line) => {
      if (line.low === undefined && line.high === undefined) return;
      const top = line.high === undefined ? u.bbox.top : u.valToPos(line.high, 'y', true);
      const bottom = line.low === undefined ? u.bbox.top + u.bbox.height : u.valToPos(line.low, 'y', true);
      const y = Math.max(u.bbox.top, Math.min(top, bottom));
      const end = Math.min(u.bbox.top + u.bbox.height, Math.max(top, bottom));
      if (end <= y) return;
      u.ctx.save();
      u.ctx.fillStyle = fill;
      u.ctx.fillRect(u.bbox.left, y, u.bbox.width, end - y);
      u.ctx.restore();
    });
  };
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const minute = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

export function Plot({ label, at, lines, height = 240, points = true, area, whole }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chosen = useStore(theme);
  const [system, setSystem] = useState(0);
  const [cursor, setCursor] = useState<number | null>(null);
  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const onChange = () => setSystem((n) => n + 1);
    media.addEventListener('change', onChange);
    return () => media.removeEventListener('change', onChange);
  }, []);
  useEffect(() => {
    const el = box.current!;
    const axis = { stroke: css('--muted'), font: '12px system-ui, sans-serif', grid: { stroke: css('--line'), width: 1 }, ticks: { show: false } };
    // A single point needs room around it, and the range should be seen even when values are inside.
    const limits = lines.flatMap((l) => [l.low, l.high]).filter((v): v is number => v !== undefined);
    const one = at.length === 1;
    const options: uPlot.Options = {
      width: el.clientWidth, height,
      legend: { show: false },
      cursor: { y: false, points: { size: 9 }, drag: { x: at.length > 3, y: false } },
      scales: {
        x: one ? { range: () => [at[0]! - 86400 * 30, at[0]! + 86400 * 30] } : {},
        y: {
          range: (_u, min, max) => {
            const lo = Math.min(min ?? 0, ...limits), hi = Math.max(max ?? 1, ...limits);
            const pad = (hi - lo || Math.abs(hi) || 1) * 0.1;
            return [whole || (lo >= 0 && lo - pad < 0) ? Math.max(0, lo - pad) : lo - pad, whole ? Math.max(4, hi + pad) : hi + pad];
          },
        },
      },
      axes: [
        { ...axis, grid: { show: false }, space: 70, size: 30, gap: 8,
          values: (_u, splits, _i, _s, incr) => splits.map((s) => new Date(s * 1000)).map((d) =>
            incr < 86400 ? d.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
              : incr < 86400 * 28 ? d.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
                : incr < 86400 * 360 ? d.toLocaleDateString('en-GB', { month: 'short', year: '2-digit' }) : String(d.getFullYear())) },
        { ...axis, size: 52, ...(whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] } : {}) },
      ],
      series: [{}, ...lines.map((line, i): uPlot.Series => {
        const stroke = css(colours[i % colours.length]!);
        return { label: line.name, stroke, width: 2, spanGaps: true, points: { show: points, size: 6, fill: css('--surface'), stroke, width: 2 }, ...(area ? { fill: `${stroke}22` } : {}) };
      })],
      hooks: { drawClear: [bands(lines, css('--band'))], setCursor: [(u) => setCursor(u.cursor.idx ?? null)] },
    };
    const plot = new uPlot(options, [at, ...lines.map((l) => l.values)], el);
    const watch = new ResizeObserver(() => plot.setSize({ width: el.clientWidth, height }));
    watch.observe(el);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [at, lines, height, chosen, system]);
  const shown = cursor ?? at.length - 1;
  const stamp = at[shown];
  const fine = at.length > 1 && at[at.length - 1]! - at[0]! < 86400 * 3;
  return (
    <figure class="plot" aria-label={label}>
      <figcaption class="plot-legend">
        {lines.map((line, i) => (
          <span key={line.name} class="plot-name"><i class={`swatch s${(i % colours.length) + 1}`} aria-hidden="true" />{line.name}
            <b>{line.values[shown] ?? '–'}{line.values[shown] !== null && line.unit ? ` ${line.unit}` : ''}</b></span>
        ))}
        {stamp !== undefined && <span class="plot-when">{(fine ? minute : day).format(stamp * 1000)}</span>}
      </figcaption>
      <div ref={box} class="plot-box" style={{ height: `${height}px` }} aria-hidden="true" />
    </figure>
  );
}

// A word-sized line beside a value.
export function Spark({ values }: { values: number[] }) {
  if (values.length < 2) return <svg class="spark" width="72" height="22" aria-hidden="true" />;
  const lo = Math.min(...values), hi = Math.max(...values), span = hi - lo || 1;
  const at = values.map((v, i) => [3 + (66 * i) / (values.length - 1), 18 - (14 * (v - lo)) / span] as const);
  const last = at[at.length - 1]!;
  return (
    <svg class="spark" width="72" height="22" viewBox="0 0 72 22" aria-hidden="true">
      <polyline points={at.map((p) => p.map((n) => n.toFixed(1)).join(',')).join(' ')} fill="none" stroke="currentColor" stroke-width="1.500" stroke-linejoin="round" />
      <circle cx={last[0]} cy={last[1]} r="2.200" fill="currentColor" />
    </svg>
  );
}
