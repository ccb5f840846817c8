// Tables as data: columns say how a row is shown. On a phone each row becomes a small card.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from './icon';

export interface Column<T> {
  title: string;
  cell(row: T): ComponentChildren;
  kind?: 'number' | 'date' | 'main' | 'action';
  // Left out where the table is narrow.
  spare?: boolean;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf(row: T): string;
  tone?(row: T): string | undefined;
  detail?(row: T): ComponentChildren;
}

export function Table<T>({ label, columns, rows, keyOf, tone, detail }: Props<T>) {
  const [open, setOpen] = useState<Set<string>>(new Set());
  const toggle = (key: string) => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  return (
    <div class="table-box" role="region" aria-label={label} tabIndex={0}>
      <table class="table">
        <caption class="only-heard">{label}</caption>
        <thead>
          <tr>
            {columns.map((c) => <th key={c.title} scope="col" class={`${c.kind ?? ''} ${c.spare ? 'spare' : ''}`}>{c.kind === 'action' ? <span class="only-heard">{c.title}</span> : c.title}</th>)}
            {detail && <th scope="col" class="action"><span class="only-heard">Details</span></th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = keyOf(row);
            const shown = open.has(key);
            return [
              <tr key={key} class={tone?.(row)}>
                {columns.map((c) => (
                  <td key={c.title} data-title={c.kind === 'main' || c.kind === 'action' ? undefined : c.title} class={`${c.kind ?? ''} ${c.spare ? 'spare' : ''}`}>{c.cell(row)}</td>
                ))}
                {detail && (
                  <td class="action">
                    <button type="button" class={`button quiet square turn ${shown ? 'open' : ''}`} aria-expanded={shown} aria-label={shown ? 'Hide details' : 'Show details'} onClick={() => toggle(key)}>
                      <Icon name="down" size={16} />
                    </button>
                  </td>
                )}
              </tr>,
              shown && detail && <tr key={`${key}+`} class="detail"><td colSpan={columns.length + 1}>{detail(row)}</td></tr>,
            ];
          })}
        </tbody>
      </table>
    </div>
  );
}

export function More({ next, loading, onMore }: { next: unknown; loading: boolean; onMore(): void }) {
  if (!next) return null;
  return <div class="more"><button type="button" class="button" disabled={loading} onClick={onMore}>{loading ? 'Loading…' : 'Show more'}</button></div>;
}

// Names and values side by side.
export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.filter(([, value]) => value !== '' && value !== undefined && value !== null && value !== false).map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}
