// Today's queue: whose accesses nothing explains, why that is unusual, and what was looked for.
import { useState } from 'preact/hooks';
import { get } from '../base/api';
import { useLoad } from '../base/load';
import type { Explanation, Flag, Look, Queue, QueueItem } from '../base/types';
import { count, date, dateTime, plural } from '../fhir/words';
import { roleText } from '../trail/words';
import { Icon } from '../ui/icon';
import { Box, Empty, Skeleton, Trouble } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';

// Where in a record each kind of resource is shown.
const parts: Record<string, string> = { Encounter: 'encounters', Appointment: 'appointments', MedicationRequest: 'medicines', DiagnosticReport: 'documents', Observation: 'results', Condition: 'problems' };
const loud = new Set(['family', 'same-address', 'own-record', 'vip', 'off-duty', 'deceased', 'sensitive']);

function Flags({ flags }: { flags: Flag[] }) {
  if (!flags.length) return null;
  return <ul class="queue-flags" aria-label="What is noticeable">{flags.map((f) => <li key={f.code}><Tag tone={loud.has(f.code) ? 'bad' : 'warn'}>{f.text}</Tag></li>)}</ul>;
}

function Step({ step, patient }: { step: Explanation['path'][number]; patient: string }) {
  const [type, id] = (step.resource ?? '').split('/');
  const part = parts[type ?? ''];
  const title = step.seq !== undefined ? `Entry ${count(step.seq)} of the trail` : type ?? '';
  return (
    <li class="path-step">
      <span class="path-kind">{type === 'Patient' ? <a href={`/patient/${id}`}>{step.name ?? 'Patient'}</a> : part ? <a href={`/patient/${patient}/${part}`}>{title}</a> : step.seq !== undefined ? <a href="/trail">{title}</a> : title}</span>
      <span class="path-words">{step.words}</span>
      {id && <span class="mono path-id">{id}</span>}
    </li>
  );
}

function Path({ look }: { look: Look }) {
  const loaded = useLoad(`explanation ${look.seq} ${look.patient.id}`, (signal) => get<Explanation>(`/api/trail/${look.seq}/explanation?patient=${look.patient.id}`, signal));
  const e = loaded.data;
  if (loaded.error) return <Trouble error={loaded.error} again={loaded.again} />;
  if (!e) return <Skeleton rows={2} />;
  return (
    <div class="path-box">
      {e.explained ? <Box tone="good" title="It is explained by now.">{e.text}, strength {e.strength} of 100.</Box>
        : e.path.length ? <p>The best that was found is too weak to explain it: {e.text}, strength {e.strength} of 100.</p>
          : <p>Visits, teams, appointments, orders, referrals, rosters, wards, earlier accesses and documents were looked through: nothing leads from this person to this patient.</p>}
      {e.path.length > 0 && <ol class="path" aria-label="The path from the person to the patient">{e.path.map((s, i) => <Step key={i} step={s} patient={look.patient.id} />)}</ol>}
      <Flags flags={e.flags} />
    </div>
  );
}

function LookRow({ look }: { look: Look }) {
  const [open, setOpen] = useState(false);
  return (
    <li class="queue-look">
      <div class="queue-look-head">
        <div>
          <p><a href={`/patient/${look.patient.id}`}>{look.patient.name ?? `Patient ${look.patient.id}`}</a> <time class="muted" dateTime={look.time}>{dateTime(look.time)}</time></p>
          <p class="muted">{look.sentence}</p>
        </div>
        <button type="button" class="button" aria-expanded={open} onClick={() => setOpen(!open)}><Icon name="down" size={16} />{open ? 'Hide the explanation' : 'Show the explanation'}</button>
      </div>
      {!open && <Flags flags={look.flags} />}
      {open && <Path look={look} />}
    </li>
  );
}

function Item({ item }: { item: QueueItem }) {
  const name = item.who.name ?? item.who.account ?? 'Somebody';
  return (
    <article class="queue-item" aria-label={name}>
      <header class="queue-head">
        <h3>{name} <small class="muted">{roleText(item.who.role)}</small></h3>
        <div class="row">
          {item.closed ? <Tag>{date(item.day)}</Tag> : <Tag tone="accent">Today so far</Tag>}
          <Tag tone={item.score >= 100 ? 'bad' : 'warn'}>Weight {count(item.score)}</Tag>
        </div>
      </header>
      <ul class="bullets">{item.why.map((w) => <li key={w}>{w}</li>)}</ul>
      <ul class="queue-looks" aria-label="The accesses that weigh most">{item.looks.map((l) => <LookRow key={`${l.seq} ${l.patient.id}`} look={l} />)}</ul>
    </article>
  );
}

export function QueuePage() {
  const loaded = useLoad('queue', (signal) => get<Queue>('/api/queue', signal));
  const queue = loaded.data;
  const of = (kind: string) => (queue?.items ?? []).filter((i) => i.queue === kind);
  const list = (kind: string, none: string) => (of(kind).length ? of(kind).map((i) => <Item key={`${i.day} ${i.who.account}`} item={i} />) : <Empty>{none}</Empty>);
  return (
    <Page title="Today’s queue" lead="Accesses to records that nothing in the hospital’s own data explains, as many as there is time for. It is a reason to ask, never a verdict."
      actions={<button type="button" class="button" onClick={loaded.again}>Refresh</button>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !queue ? <Skeleton rows={8} /> : (
        <>
          {!queue.ready && <Box title="Nothing is known yet.">The watch has not read the trail since it was started. Look again in a moment.</Box>}
          <dl class="figures">
            <div><dt>People at work in 30 days</dt><dd>{count(queue.staff ?? 0)}</dd></div>
            <div><dt>Reviews for a thousand and a day</dt><dd>{count(queue.per_thousand ?? 0)}</dd></div>
            <div><dt>Waiting to be explained</dt><dd>{plural(queue.waiting ?? 0, 'access', 'accesses')}</dd></div>
          </dl>
          <Card title="The worst">{list('worst', 'Everything that was opened lately is explained.')}</Card>
          <Card title="What adds up">{list('slow', 'Nobody opens unexplained records again and again.')}</Card>
        </>
      )}
    </Page>
  );
}
