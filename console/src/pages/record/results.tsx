// Results: one row a kind with its latest value, and a plot over time of the one chosen.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLoad } from '../../base/load';
import { searchAll, useSearch } from '../../fhir/search';
import type { Observation } from '../../fhir/types';
import { byKind, flag, linesOf, range, valueText, when, type Kind } from '../../fhir/value';
import { dateTime, date, plain, plural, status } from '../../fhir/words';
import { Empty, Skeleton } from '../../ui/notice';
import { Card, Tag } from '../../ui/page';
import { Plot, Spark } from '../../ui/plot';
import { More, Table } from '../../ui/table';
import { PartTrouble } from './record';
import type { PartProps } from './tabs';

const MOST_POINTS = 1000;

function OverTime({ kind, patient, onClose }: { kind: Kind; patient: string; onClose(): void }) {
  const loaded = useLoad(`kind ${patient} ${kind.key}`, (signal) =>
    kind.param ? searchAll<Observation>('Observation', { patient, code: kind.param, _sort: '-date', _count: 200 }, MOST_POINTS, signal) : Promise.resolve(kind.items));
  const list = loaded.data ?? kind.items;
  const { at, lines } = useMemo(() => linesOf(list), [list]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' }), [kind.key]);
  return (
    <div ref={box} class="over-time">
      <Card title={kind.name} aside={<button type="button" class="button" onClick={onClose}>Close</button>}>
        {loaded.error && <PartTrouble error={loaded.error} again={loaded.again} />}
        {lines.length > 0 && <Plot label={`${kind.name} over time, ${plural(at.length, 'value')}`} at={at} lines={lines} />}
        {lines.some((l) => l.low !== undefined || l.high !== undefined) && <p class="hint"><i class="swatch band" aria-hidden="true" />The shaded band is the reference range.</p>}
        <details class="values" open={!lines.length}>
          <summary>{plural(list.length, 'value')}</summary>
          <Table label={`All values of ${kind.name}`} rows={list} keyOf={(o) => o.id} columns={[
            { title: 'When', kind: 'date', cell: (o) => dateTime(when(o)) },
            { title: 'Value', kind: 'main', cell: (o) => <>{valueText(o)} <Mark o={o} /></> },
            { title: 'Range', cell: (o) => range(o.referenceRange) },
            { title: 'State', cell: (o) => plain(o.status) },
          ]} />
        </details>
      </Card>
    </div>
  );
}

function Mark({ o }: { o: Observation }) {
  const f = flag(o);
  return f && <Tag tone={f.level === 'critical' ? 'bad' : 'warn'}>{f.text}</Tag>;
}

export function Results({ patient }: PartProps) {
  const of = useSearch<Observation>('Observation', { patient: patient.id, _sort: '-date', _count: 400 });
  const [category, setCategory] = useState('');
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<string>();
  const kinds = useMemo(() => byKind(of.items), [of.items]);
  const categories = [...new Set(kinds.map((k) => k.category).filter(Boolean))];
  const rows = kinds.filter((k) => (!category || k.category === category) && (!text || k.name.toLowerCase().includes(text.toLowerCase())));
  const kind = kinds.find((k) => k.key === chosen);
  if (of.error) return <PartTrouble error={of.error} again={of.again} />;
  return (
    <>
      {kind && <OverTime kind={kind} patient={patient.id} onClose={() => setChosen(undefined)} />}
      <Card title="Results" aside={<input class="small-search no-print" type="search" data-search aria-label="Filter results" placeholder="Filter" value={text} onInput={(e) => setText(e.currentTarget.value)} />}>
        {categories.length > 1 && (
          <div class="chips no-print" role="group" aria-label="Kind of result">
            {['', ...categories].map((c) => <button key={c} type="button" class="chip" aria-pressed={category === c} onClick={() => setCategory(c)}>{c ? plain(c) : 'All'}</button>)}
          </div>
        )}
        {!of.items.length && of.loading ? <Skeleton rows={8} /> : !rows.length ? <Empty>{kinds.length ? 'Nothing fits.' : 'No results are recorded.'}</Empty> : (
          <Table label="Results, the latest of each kind" rows={rows} keyOf={(k) => k.key} tone={(k) => (k.key === chosen ? 'chosen' : undefined)} columns={[
            { title: 'Result', kind: 'main', cell: (k) => <button type="button" class="button link" aria-pressed={k.key === chosen} onClick={() => setChosen(k.key === chosen ? undefined : k.key)}>{k.name}</button> },
            { title: 'Latest', cell: (k) => <>{valueText(k.items[0]!)} <Mark o={k.items[0]!} /></> },
            { title: 'Range', spare: true, cell: (k) => range(k.items[0]!.referenceRange) },
            { title: 'Over time', spare: true, cell: (k) => <Spark values={(linesOf(k.items).lines[0]?.values ?? []).filter((v): v is number => v !== null).slice(-20)} /> },
            { title: 'Values', kind: 'number', spare: true, cell: (k) => `${k.items.length}${of.next ? '+' : ''}` },
            { title: 'When', kind: 'date', cell: (k) => date(when(k.items[0]!)) },
            { title: 'State', spare: true, cell: (k) => plain(k.items[0]!.status) || status(k.items[0]!.code) },
          ]} />
        )}
        <More next={of.next} loading={of.loading} onMore={of.more} />
      </Card>
    </>
  );
}
