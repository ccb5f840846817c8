// What others know of attacks: where it comes from, what of it was seen here, and what is known of one
// value.
import { useState } from 'preact/hooks';
import { getOnce, query } from '../base/api';
import { useLoad, useNow } from '../base/load';
import type { Indicator, Intelligence, Sighting, Source } from '../base/watch';
import { ago, bytes, count, date, dateTime, plural } from '../fhir/words';
import { whoText } from '../trail/finding';
import { useDoing } from '../ui/ask';
import { Field } from '../ui/field';
import { Icon } from '../ui/icon';
import { Box, Empty, Skeleton, Trouble } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';
import { Table } from '../ui/table';

interface Known { value: string; ready: boolean; indicators: Indicator[]; sightings: Sighting[] }

function Sightings({ list }: { list: Sighting[] }) {
  return list.length ? (
    <Table label="Seen here" rows={list} keyOf={(s) => `${s.kind} ${s.value} ${s.first} ${whoText(s.who)}`} columns={[
      { title: 'What', kind: 'main', cell: (s) => <><span class="mono">{s.value}</span> <small class="muted">{s.name}</small></> },
      { title: 'Who', cell: (s) => (s.who?.account ? <a href={`/person/${s.who.account}`}>{whoText(s.who)}</a> : '') },
      { title: 'How often', kind: 'number', cell: (s) => count(s.count) },
      { title: 'Last', kind: 'date', cell: (s) => dateTime(s.last) },
      { title: 'From', spare: true, cell: (s) => s.source },
      { title: 'Evidence', cell: (s) => (s.seq ? <a href={`/trail/${s.seq}`}>Entry {count(s.seq)}</a> : '') },
    ]} />
  ) : <Empty>Nothing of it was seen here.</Empty>;
}

function Answer({ known }: { known: Known }) {
  if (!known.ready) return <Box tone="warn" title="The lists are still being read.">Ask again in a moment.</Box>;
  const counts = known.indicators.filter((i) => i.matches);
  return (
    <>
      <Box tone={counts.length ? 'bad' : 'good'} title={counts.length ? `${known.value} is known: ${plural(counts.length, 'list')} ${counts.length === 1 ? 'names' : 'name'} it.` : known.indicators.length ? `${known.value} stands in a list, and does not count.` : `No list names ${known.value}.`} />
      {known.indicators.length > 0 && (
        <ul class="lines">
          {known.indicators.map((i) => (
            <li key={`${i.source} ${i.id}`}>
              <div>{i.name || i.value}<em>{i.source}{i.author ? `, ${i.author}` : ''}; {i.sure} % sure; {i.since ? `since ${date(i.since)}` : ''}{i.until ? `, until ${date(i.until)}` : ''}{i.tlp ? `; TLP ${i.tlp}` : ''}</em></div>
              <small>{i.matches ? <Tag tone="bad">Counts</Tag> : <Tag>{i.expired ? 'Expired' : i.warning_list ? `Held back: ${i.warning_list}` : 'Does not count'}</Tag>}</small>
            </li>
          ))}
        </ul>
      )}
      {known.sightings.length > 0 && <Sightings list={known.sightings} />}
    </>
  );
}

function Look() {
  const [value, setValue] = useState('');
  const [known, setKnown] = useState<Known>();
  const doing = useDoing();
  const ask = () => doing.run(async () => setKnown(await getOnce<Known>(`/api/intelligence/look${query({ value: value.trim() })}`)));
  return (
    <Card title="What is known of…">
      <form class="filter one" role="search" onSubmit={(e) => { e.preventDefault(); if (value.trim() && !doing.busy) void ask(); }}>
        <Field label="An address, domain, URL, hash or user agent" hint="That you asked is on the trail" value={value} onInput={setValue} />
        <div class="filter-end"><button type="submit" class="button main" disabled={!value.trim() || doing.busy}><Icon name="search" size={16} />Look</button></div>
      </form>
      {doing.error ? <Trouble error={doing.error} /> : known && <Answer known={known} />}
    </Card>
  );
}

function Sources({ list, now }: { list: Source[]; now: number }) {
  return list.length ? (
    <Table label="Sources" rows={list} keyOf={(s) => s.name} tone={(s) => (s.problem ? 'warn' : undefined)} columns={[
      { title: 'Source', kind: 'main', cell: (s) => <>{s.name} <small class="muted">{s.kind}</small></> },
      { title: 'Indicators', kind: 'number', cell: (s) => count(s.indicators) },
      { title: 'Left out', kind: 'number', cell: (s) => count(s.left_out) },
      { title: 'Fetched', kind: 'date', cell: (s) => ago(s.fetched, now) || 'never' },
      { title: 'Trouble', cell: (s) => (s.problem ? <><Tag tone="warn">{plural(s.failures, 'failure')}</Tag> {s.problem}</> : '') },
    ]} />
  ) : <Empty>There is no source: nothing from outside is known here.</Empty>;
}

export function IntelligencePage() {
  const loaded = useLoad('intelligence', (signal) => getOnce<Intelligence>('/api/intelligence', signal));
  const now = useNow(15_000);
  const i = loaded.data;
  return (
    <Page title="Known attacks" lead="Lists of what attacked others, held against everything that happens here." actions={<button type="button" class="button" onClick={loaded.again}>Refresh</button>}>
      <Look />
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !i ? <Skeleton rows={6} /> : (
        <>
          {!i.ready && <Box tone="warn" title="The lists are still being read.">Until then nothing new is looked at, and nothing is lost.</Box>}
          {i.problems.length > 0 && <Box tone="warn" title={plural(i.problems.length, 'problem')}><ul class="bullets">{i.problems.map((p) => <li key={p}>{p}</li>)}</ul></Box>}
          <dl class="figures">
            <div><dt>Indicators that count</dt><dd>{count(i.indicators ?? 0)}</dd></div>
            <div><dt>On warning lists</dt><dd>{count(i.on_warning_lists ?? 0)}</dd></div>
            <div class={i.seen ? 'warn' : ''}><dt>Seen here</dt><dd>{count(i.seen)}</dd></div>
            <div><dt>Memory</dt><dd>{bytes(i.memory_bytes ?? 0)}</dd></div>
          </dl>
          <Card title="Seen here"><Sightings list={i.sightings} /></Card>
          <Card title="Sources"><Sources list={i.list} now={now} /></Card>
        </>
      )}
    </Page>
  );
}
