// Who has seen this record, day by day, in plain words.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, get, query } from '../../base/api';
import { ownRecord } from '../../base/session';
import type { Entries, Entry } from '../../base/types';
import { dayKey, dayLong, plural, time } from '../../fhir/words';
import { actionText, careExpected, outcomeText, purposeText, relation, relationText, roleText, roleWork, tone } from '../../trail/words';
import { Icon } from '../../ui/icon';
import { Empty, Skeleton } from '../../ui/notice';
import { Card, Tag } from '../../ui/page';
import { More } from '../../ui/table';
import { PartTrouble } from './record';
import type { PartProps } from './tabs';

export interface Visit { first: Entry; entries: Entry[] }

// What one person did in a row on one day for the same reason is one visit to the record.
export function visits(entries: Entry[]): Visit[] {
  const list: Visit[] = [];
  for (const e of entries) {
    const last = list[list.length - 1];
    const f = last?.first;
    if (f && f.who.account === e.who.account && f.session === e.session && tone(f) === tone(e) && f.reason === e.reason &&
      f.relationship?.kind === e.relationship?.kind && dayKey(f.time) === dayKey(e.time)) last.entries.push(e);
    else list.push({ first: e, entries: [e] });
  }
  return list;
}

function why(e: Entry): string {
  if (e.outcome === 'denied') return 'was refused';
  if (e.kind === 'review' && e.action === 'continued') return 'the name was shown beside what they looked at';
  if (e.purpose === 'BTG' || e.action === 'break-glass') return 'broke the glass';
  const r = relation(e);
  if (r) return r.kind === 'all' ? 'in their care' : relationText(r.kind);
  if (!careExpected(e) && !(e.who.role === 'patient' && (e.patient_count ?? 0) > 1)) return roleWork(e.who.role);
  return purposeText(e.purpose) || ((e.patient_count ?? 0) > 1 ? 'among several patients' : 'no relation to the care is known');
}

function VisitLine({ visit }: { visit: Visit }) {
  const { first, entries } = visit;
  const last = entries[entries.length - 1]!;
  const t = tone(first);
  return (
    <li class={`seen-item ${t}`}>
      <span class="seen-time">{last !== first && time(last.time) !== time(first.time) ? `${time(last.time)} – ${time(first.time)}` : time(first.time)}</span>
      <span class="seen-dot" aria-hidden="true" />
      <div class="seen-words">
        <p><b>{first.who.name ?? 'Somebody not signed in'}</b> <span class="muted">{roleText(first.who.role)}</span>{t !== 'plain' && <Tag tone={t === 'glass' ? 'glass' : t}>{t === 'glass' ? 'Broken glass' : t === 'bad' ? outcomeText(first) : 'No relation known'}</Tag>}</p>
        <p class="muted">{why(first)}{relation(first)?.evidence && <> · shown by <span class="mono">{relation(first)!.evidence}</span></>}</p>
        {first.reason && <blockquote>“{first.reason}”</blockquote>}
        <details><summary>{entries.length === 1 ? actionText(first) : plural(entries.length, 'access', 'accesses')}</summary>
          <ul class="lines small">{entries.map((e) => <li key={e.seq}><span>{e.sentence}</span><small>{time(e.time)}</small></li>)}</ul></details>
      </div>
    </li>
  );
}

export function Seen({ patient }: PartProps) {
  const [entries, setEntries] = useState<Entry[]>([]);
  const [next, setNext] = useState<number | string | undefined>();
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<ApiError>();
  const load = (before?: number | string) => {
    setLoading(true);
    get<Entries>(`/api/patients/${patient.id}/seen${query({ before, _count: 100 })}`).then(
      (got) => {
        setEntries((old) => (before ? [...old, ...got.entries] : got.entries));
        setNext(got.next);
        setLoading(false);
      },
      (e) => {
        if (!(e instanceof ApiError)) throw e;
        setError(e);
        setLoading(false);
      });
  };
  useEffect(() => load(), [patient.id]);
  if (error) return <PartTrouble error={error} />;
  const days = new Map<string, Visit[]>();
  for (const v of visits(entries)) {
    const key = dayKey(v.first.time);
    days.set(key, [...(days.get(key) ?? []), v]);
  }
  const people = new Set(entries.map((e) => e.who.account ?? ''));
  const odd = entries.filter((e) => tone(e) === 'glass').length;
  return (
    <Card title={ownRecord() === patient.id ? 'Who has seen your record' : 'Who has seen this record'} aside={<button type="button" class="button no-print" onClick={() => window.print()}><Icon name="print" size={16} />Print</button>}>
      {entries.length > 0 && <p class="lead">{plural(people.size, 'person', 'people')} in the {next ? `latest ${entries.length} entries` : plural(entries.length, 'entry', 'entries')}{odd > 0 && <>; the glass was broken in {odd} of them</>}. Newest first.</p>}
      {!entries.length && (loading ? <Skeleton rows={6} /> : <Empty>Nobody has opened this record yet.</Empty>)}
      {[...days].map(([key, list]) => (
        <section key={key} class="seen-day"><h3>{dayLong(list[0]!.first.time)}</h3><ol class="seen">{list.map((v) => <VisitLine key={v.first.seq} visit={v} />)}</ol></section>
      ))}
      <More next={next} loading={loading} onMore={() => load(next)} />
    </Card>
  );
}
