// The parts of a record that are lists: each is a search and a table of columns.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useSearch, type Listing } from '../../fhir/search';
import { identifierKind, nameOf } from '../../fhir/person';
import type { Appointment, Attachment, Condition, DocumentReference, Encounter, Immunization, Medication, Procedure, Reference, Report, Resource } from '../../fhir/types';
import { bytes, code, concept, concepts, date, dateTime, duration, marital, plain, referenceText, status } from '../../fhir/words';
import { doseAmount, oftenText } from '../../fhir/value';
import { Empty, Skeleton } from '../../ui/notice';
import { Card, Tag } from '../../ui/page';
import { Facts, More, Table, type Column } from '../../ui/table';
import { useNames } from './names';
import { PartTrouble } from './record';
import type { PartProps } from './tabs';

export function medicineName(m: Medication, names: Record<string, string>): string {
  return concept(m.medicationCodeableConcept) || referenceText(m.medicationReference, names) || 'Medicine';
}
export function dose(m: Medication): string {
  const d = (m.dosageInstruction ?? m.dosage)?.[0];
  if (!d) return '';
  if (d.text) return d.text;
  return [doseAmount(d.doseAndRate?.[0]?.doseQuantity), oftenText(d.timing), concept(d.route), d.asNeededBoolean && 'when needed'].filter(Boolean).join(', ');
}
export const classText = (v: Encounter): string => v.class?.display && v.class.display.length > 4 && !/^[a-z]+$/.test(v.class.display) ? v.class.display : plain(v.class?.code) || plain(v.class?.display) || 'Visit';

interface ListProps<T extends Resource> {
  title: string;
  of: Listing<T>;
  columns: Column<T>[];
  empty: string;
  filter?(row: T): boolean;
  tone?(row: T): string | undefined;
  aside?: ComponentChildren;
  detail?(row: T): ComponentChildren;
}

function List<T extends Resource>({ title, of, columns, empty, filter, tone, aside, detail }: ListProps<T>) {
  const rows = filter ? of.items.filter(filter) : of.items;
  return (
    <Card title={title} aside={aside}>
      {of.error ? <PartTrouble error={of.error} again={of.again} /> : !rows.length && of.loading ? <Skeleton rows={6} /> : !rows.length && !of.next ? <Empty>{empty}</Empty>
        : <Table label={title} columns={columns} rows={rows} keyOf={(r) => r.id} tone={tone} detail={detail} />}
      {!of.error && <More next={of.next} loading={of.loading} onMore={of.more} />}
    </Card>
  );
}

function Switch({ label, on, onChange }: { label: string; on: boolean; onChange(on: boolean): void }) {
  return <label class="tick"><input type="checkbox" checked={on} onChange={(e) => onChange(e.currentTarget.checked)} />{label}</label>;
}

const statusTag = (text: string, live: boolean) => (text ? <Tag tone={live ? 'accent' : undefined}>{text}</Tag> : null);

export function Problems({ patient }: PartProps) {
  const [past, setPast] = useState(true);
  const of = useSearch<Condition>('Condition', { patient: patient.id, _sort: '-onset-date', _count: 100 });
  const live = (c: Condition) => ['active', 'recurrence', 'relapse', ''].includes(code(c.clinicalStatus));
  const columns: Column<Condition>[] = [
    { title: 'Problem', kind: 'main', cell: (c) => concept(c.code) },
    { title: 'State', cell: (c) => statusTag(status(c.clinicalStatus), live(c)) },
    { title: 'Certainty', spare: true, cell: (c) => status(c.verificationStatus) },
    { title: 'Severity', spare: true, cell: (c) => concept(c.severity) },
    { title: 'Since', kind: 'date', cell: (c) => date(c.onsetDateTime ?? c.onsetPeriod?.start ?? c.recordedDate) },
    { title: 'Until', kind: 'date', cell: (c) => date(c.abatementDateTime) },
  ];
  return <List title="Problems" of={of} columns={columns} empty="No problems are recorded." filter={past ? undefined : live} tone={(c) => (live(c) ? undefined : 'faded')}
    aside={<Switch label="Past ones too" on={past} onChange={setPast} />} />;
}

export function Medicines({ patient }: PartProps) {
  const [past, setPast] = useState(true);
  const of = useSearch<Medication>('MedicationRequest', { patient: patient.id, _sort: '-authoredon', _count: 100 });
  const names = useNames(of.items.flatMap((m) => [m.requester, m.medicationReference]));
  const live = (m: Medication) => m.status === 'active';
  const columns: Column<Medication>[] = [
    { title: 'Medicine', kind: 'main', cell: (m) => medicineName(m, names) },
    { title: 'How', cell: (m) => dose(m) },
    { title: 'State', cell: (m) => statusTag(plain(m.status), live(m)) },
    { title: 'Ordered', kind: 'date', cell: (m) => date(m.authoredOn) },
    { title: 'By', spare: true, cell: (m) => referenceText(m.requester, names) },
    { title: 'For', spare: true, cell: (m) => concepts(m.reasonCode) },
  ];
  return <List title="Medicines" of={of} columns={columns} empty="No medicines are recorded." filter={past ? undefined : live} tone={(m) => (live(m) ? undefined : 'faded')}
    aside={<Switch label="Past ones too" on={past} onChange={setPast} />} />;
}

export function Encounters({ patient }: PartProps) {
  const of = useSearch<Encounter>('Encounter', { patient: patient.id, _sort: '-date', _count: 50 });
  const procedures = useSearch<Procedure>('Procedure', { patient: patient.id, _sort: '-date', _count: 50 });
  const names = useNames(of.items.flatMap((v) => [v.serviceProvider, ...(v.location ?? []).map((l) => l.location), ...(v.participant ?? []).map((p) => p.individual)]));
  const columns: Column<Encounter>[] = [
    { title: 'When', kind: 'date', cell: (v) => dateTime(v.period?.start) },
    { title: 'What', kind: 'main', cell: (v) => concept(v.type?.[0]) || concept(v.serviceType) || classText(v) },
    { title: 'Kind', spare: true, cell: (v) => classText(v) },
    { title: 'Reason', cell: (v) => concepts(v.reasonCode) },
    { title: 'With', cell: (v) => (v.participant ?? []).map((p) => referenceText(p.individual, names)).filter(Boolean).slice(0, 3).join(', ') },
    { title: 'Where', spare: true, cell: (v) => referenceText(v.location?.[0]?.location, names) || referenceText(v.serviceProvider, names) },
    { title: 'Lasted', spare: true, cell: (v) => duration(v.period) },
    { title: 'State', cell: (v) => statusTag(plain(v.status), ['in-progress', 'arrived', 'triaged'].includes(v.status ?? '')) },
  ];
  return (
    <>
      <List title="Visits and stays" of={of} columns={columns} empty="No visits are recorded." />
      <List title="Procedures" of={procedures} empty="No procedures are recorded." columns={[
        { title: 'When', kind: 'date', cell: (p) => date(p.performedDateTime ?? p.performedPeriod?.start) },
        { title: 'Procedure', kind: 'main', cell: (p) => concept(p.code) },
        { title: 'Reason', spare: true, cell: (p) => concepts(p.reasonCode) },
        { title: 'State', cell: (p) => statusTag(plain(p.status), p.status === 'in-progress') },
      ]} />
    </>
  );
}

export function Immunisations({ patient }: PartProps) {
  const of = useSearch<Immunization>('Immunization', { patient: patient.id, _sort: '-date', _count: 100 });
  return <List title="Vaccines" of={of} empty="No vaccines are recorded." tone={(i) => (i.status === 'completed' ? undefined : 'faded')} columns={[
    { title: 'When', kind: 'date', cell: (i) => date(i.occurrenceDateTime) || i.occurrenceString },
    { title: 'Vaccine', kind: 'main', cell: (i) => concept(i.vaccineCode) },
    { title: 'Batch', spare: true, cell: (i) => i.lotNumber },
    { title: 'State', cell: (i) => statusTag(plain(i.status), false) },
  ]} />;
}

function decode(data: string): Uint8Array<ArrayBuffer> {
  const raw = atob(data);
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function Paper({ paper }: { paper: Attachment }) {
  if (!paper.data) return <p class="empty">The document itself is kept elsewhere.</p>;
  const type = paper.contentType ?? 'application/octet-stream';
  if (type.startsWith('text/plain')) return <pre class="paper">{new TextDecoder().decode(decode(paper.data))}</pre>;
  const save = () => {
    const url = URL.createObjectURL(new Blob([decode(paper.data!)], { type }));
    const a = Object.assign(document.createElement('a'), { href: url, download: 'document' });
    a.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return <button type="button" class="button" onClick={save}>Save the document ({type}, {bytes(paper.data.length * 0.75)})</button>;
}

function ResultNames({ list }: { list: Reference[] }) {
  const named = list.map((r) => r.display).filter(Boolean);
  return named.length ? <ul class="columns">{named.map((n) => <li key={n}>{n}</li>)}</ul> : <p>{list.length} results; see Results.</p>;
}

export function Documents({ patient }: PartProps) {
  const papers = useSearch<DocumentReference>('DocumentReference', { patient: patient.id, _sort: '-date', _count: 50 });
  const reports = useSearch<Report>('DiagnosticReport', { patient: patient.id, _sort: '-date', _count: 50 });
  const names = useNames([...papers.items.flatMap((d) => d.author ?? []), ...reports.items.flatMap((r) => r.performer ?? [])]);
  return (
    <>
      <List title="Documents" of={papers} empty="No documents are recorded." columns={[
        { title: 'When', kind: 'date', cell: (d) => dateTime(d.date) },
        { title: 'Document', kind: 'main', cell: (d) => d.description || concept(d.type) || d.content?.[0]?.attachment?.title || 'Document' },
        { title: 'By', cell: (d) => (d.author ?? []).map((a) => referenceText(a, names)).filter(Boolean).join(', ') },
        { title: 'State', spare: true, cell: (d) => statusTag(plain(d.status), false) },
      ]} detail={(d) => <div class="papers">{(d.content ?? []).map((c, i) => c.attachment && <Paper key={i} paper={c.attachment} />)}</div>} />
      <List title="Reports" of={reports} empty="No reports are recorded." columns={[
        { title: 'When', kind: 'date', cell: (r) => date(r.effectiveDateTime ?? r.effectivePeriod?.start ?? r.issued) },
        { title: 'Report', kind: 'main', cell: (r) => concept(r.code) },
        { title: 'Kind', spare: true, cell: (r) => concepts(r.category) },
        { title: 'State', cell: (r) => statusTag(plain(r.status), false) },
      ]} detail={(r) => <div class="papers">{r.conclusion && <p>{r.conclusion}</p>}{(r.presentedForm ?? []).map((f, i) => <Paper key={i} paper={f} />)}{r.result && <ResultNames list={r.result} />}</div>} />
    </>
  );
}

export function Appointments({ patient }: PartProps) {
  const of = useSearch<Appointment>('Appointment', { patient: patient.id, _sort: '-date', _count: 50 });
  const names = useNames(of.items.flatMap((a) => (a.participant ?? []).map((p) => p.actor)));
  return <List title="Appointments" of={of} empty="No appointments are recorded." tone={(a) => (['cancelled', 'noshow'].includes(a.status ?? '') ? 'faded' : undefined)} columns={[
    { title: 'When', kind: 'date', cell: (a) => dateTime(a.start) },
    { title: 'What', kind: 'main', cell: (a) => a.description || concept(a.serviceType?.[0]) || concept(a.appointmentType) || 'Appointment' },
    { title: 'With', cell: (a) => (a.participant ?? []).map((p) => referenceText(p.actor, names)).filter(Boolean).join(', ') },
    { title: 'State', cell: (a) => statusTag(plain(a.status), a.status === 'booked' || a.status === 'arrived') },
  ]} />;
}

export function Details({ patient: p }: PartProps) {
  const names = useNames(p.generalPractitioner ?? []);
  const address = (a: NonNullable<typeof p.address>[number]) => a.text ?? [...(a.line ?? []), [a.postalCode, a.city].filter(Boolean).join(' '), a.state, a.country].filter(Boolean).join(', ');
  return (
    <div class="grid">
      <Card title="Person">
        <Facts facts={[['Full name', nameOf(p.name)], ['Other names', (p.name ?? []).slice(1).map((n) => nameOf([n])).join('; ')], ['Born', date(p.birthDate)], ['Sex', plain(p.gender)], ['Marital status', marital(p.maritalStatus)],
          ['Languages', (p.communication ?? []).map((c) => concept(c.language)).join(', ')], ['General practitioner', (p.generalPractitioner ?? []).map((g) => referenceText(g, names)).filter(Boolean).join(', ')]]} />
      </Card>
      <Card title="Numbers">
        <Facts facts={(p.identifier ?? []).map((i): [string, ComponentChildren] => [identifierKind(i), <span class="mono breakable">{i.value}</span>])} />
      </Card>
      <Card title="How to reach">
        <Facts facts={[...(p.telecom ?? []).map((t): [string, ComponentChildren] => [[plain(t.system), t.use && plain(t.use).toLowerCase()].filter(Boolean).join(', '), t.value]), ...(p.address ?? []).map((a): [string, ComponentChildren] => ['Address', address(a)])]} />
      </Card>
      {!!p.contact?.length && (
        <Card title="Contacts">
          <Facts facts={p.contact.map((c): [string, ComponentChildren] => [concepts(c.relationship) || 'Contact', [c.name && nameOf([c.name]), ...(c.telecom ?? []).map((t) => t.value)].filter(Boolean).join(', ')])} />
        </Card>
      )}
    </div>
  );
}
