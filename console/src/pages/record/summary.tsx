// The record at a glance: what is wrong, what is taken, what was measured last, what happened last.
import type { ComponentChildren } from 'preact';
import { searchAll } from '../../fhir/search';
import { useLoad, type Loaded } from '../../base/load';
import type { Condition, Encounter, Medication, Observation, Appointment } from '../../fhir/types';
import { byKind, flag, kindOf, valueText, when, linesOf } from '../../fhir/value';
import { code, concept, date, dateTime, plain, referenceText } from '../../fhir/words';
import { Empty, Skeleton } from '../../ui/notice';
import { Card, Tag } from '../../ui/page';
import { Spark } from '../../ui/plot';
import { dose, medicineName, classText } from './lists';
import { useNames } from './names';
import { PartTrouble } from './record';
import type { PartProps } from './tabs';

function Loading<T>({ of, rows = 4, children }: { of: Loaded<T[]>; rows?: number; children(items: T[]): ComponentChildren }) {
  if (of.error) return <PartTrouble error={of.error} again={of.again} />;
  if (!of.data) return <Skeleton rows={rows} />;
  return <>{children(of.data)}</>;
}

const all = (patient: string, part: string) => <a class="see-all" href={`/patient/${patient}/${part}`}>All</a>;

export function Summary({ patient }: PartProps) {
  const id = patient.id;
  const problems = useLoad(`sum-problems ${id}`, (s) => searchAll<Condition>('Condition', { patient: id, _count: 200 }, 400, s));
  const medicines = useLoad(`sum-medicines ${id}`, (s) => searchAll<Medication>('MedicationRequest', { patient: id, status: 'active', _count: 100 }, 100, s));
  const results = useLoad(`sum-results ${id}`, (s) => searchAll<Observation>('Observation', { patient: id, _sort: '-date', _count: 120 }, 120, s));
  const visits = useLoad(`sum-visits ${id}`, (s) => searchAll<Encounter>('Encounter', { patient: id, _sort: '-date', _count: 5 }, 5, s));
  const appointments = useLoad(`sum-appointments ${id}`, (s) => searchAll<Appointment>('Appointment', { patient: id, _count: 50 }, 50, s));
  const names = useNames([...(visits.data ?? []).flatMap((v) => [v.serviceProvider, ...(v.participant ?? []).map((p) => p.individual)]), ...(medicines.data ?? []).map((m) => m.medicationReference)]);

  // A cardiac reading beside a questionnaire: vital signs and laboratory first.
  const rank = (c: string) => (c === 'vital-signs' ? 0 : c === 'laboratory' ? 1 : 2);
  const coming = (appointments.data ?? []).filter((a) => a.start && Date.parse(a.start) > Date.now() - 3600e3 && !['cancelled', 'noshow', 'entered-in-error'].includes(a.status ?? ''))
    .sort((a, b) => a.start!.localeCompare(b.start!)).slice(0, 3);

  return (
    <div class="grid">
      <Card title="Problems" aside={all(id, 'problems')}>
        <Loading of={problems}>{(list) => {
          const live = list.filter((c) => ['active', 'recurrence', 'relapse', ''].includes(code(c.clinicalStatus)) && !['refuted', 'entered-in-error'].includes(code(c.verificationStatus)))
            .sort((a, b) => (b.onsetDateTime ?? '').localeCompare(a.onsetDateTime ?? ''));
          return live.length ? <ul class="lines">{live.slice(0, 8).map((c) => <li key={c.id}><span>{concept(c.code)}</span><small>{date(c.onsetDateTime ?? c.recordedDate)}</small></li>)}
            {live.length > 8 && <li class="rest"><a href={`/patient/${id}/problems`}>and {live.length - 8} more</a></li>}</ul> : <Empty>No problems are active.</Empty>;
        }}</Loading>
      </Card>
      <Card title="Medicines now" aside={all(id, 'medicines')}>
        <Loading of={medicines}>{(list) => list.length ? <ul class="lines">{list.slice(0, 8).map((m) => <li key={m.id}><span>{medicineName(m, names)}<em>{dose(m)}</em></span><small>{date(m.authoredOn)}</small></li>)}
          {list.length > 8 && <li class="rest"><a href={`/patient/${id}/medicines`}>and {list.length - 8} more</a></li>}</ul> : <Empty>No medicine is prescribed at the moment.</Empty>}</Loading>
      </Card>
      <div class="span">
        <Card title="Latest results" aside={all(id, 'results')}>
          <Loading of={results} rows={3}>{(list) => {
            const kinds = byKind(list.filter((o) => o.valueQuantity || o.component?.some((c) => c.valueQuantity))).sort((a, b) => rank(a.category) - rank(b.category)).slice(0, 12);
            return kinds.length ? <div class="tiles">{kinds.map((k) => {
              const newest = k.items[0]!;
              const f = flag(newest);
              const line = linesOf(k.items).lines[0]?.values.filter((v): v is number => v !== null) ?? [];
              return (
                <a key={k.key} class={`tile ${f?.level ?? ''}`} href={`/patient/${id}/results`}>
                  <span class="tile-name">{kindOf(newest).name}</span>
                  <span class="tile-value">{valueText(newest)}{f && <Tag tone={f.level === 'critical' ? 'bad' : 'warn'}>{f.text}</Tag>}</span>
                  <span class="tile-foot"><small>{date(when(newest))}</small><Spark values={line.slice(-20)} /></span>
                </a>
              );
            })}</div> : <Empty>Nothing has been measured yet.</Empty>;
          }}</Loading>
        </Card>
      </div>
      <Card title="Last visits" aside={all(id, 'encounters')}>
        <Loading of={visits}>{(list) => list.length ? <ul class="lines">{list.map((v) => (
          <li key={v.id}><span>{concept(v.type?.[0]) || classText(v)}<em>{[concept(v.reasonCode?.[0]), referenceText(v.participant?.[0]?.individual, names)].filter(Boolean).join(' · ')}</em></span><small>{date(v.period?.start)}</small></li>
        ))}</ul> : <Empty>No visits are recorded.</Empty>}</Loading>
      </Card>
      <Card title="Coming up" aside={all(id, 'appointments')}>
        <Loading of={appointments}>{() => coming.length ? <ul class="lines">{coming.map((a) => <li key={a.id}><span>{a.description ?? concept(a.serviceType?.[0]) ?? 'Appointment'}<em>{plain(a.status)}</em></span><small>{dateTime(a.start)}</small></li>)}</ul> : <Empty>No appointment is planned.</Empty>}</Loading>
      </Card>
    </div>
  );
}
