// Today's queue: whose accesses nothing explains, why that is unusual, and what was looked for.
import { useState } from 'preact/hooks';
import { get } from '../base/api';
import { useLoad } from '../base/load';
import type { Look, Queue, QueueItem } from '../base/types';
import { count, date, dateTime, plural } from '../fhir/words';
import { Explained, Flags } from '../trail/explanation';
import { roleText } from '../trail/words';
import { Icon } from '../ui/icon';
import { Box, Empty, Skeleton, Trouble } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';

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
      {open && <Explained seq={look.seq} patient={look.patient.id} />}
    </li>
  );
}

function Item({ item }: { item: QueueItem }) {
  const record = item.queue === 'record', patient = item.looks[0]?.patient;
  const name = record && patient ? patient.name ?? `Patient ${patient.id}` : item.who.name ?? item.who.account ?? 'Somebody';
  return (
    <article class="queue-item" aria-label={name}>
      <header class="queue-head">
        <h3>{name} <small class="muted">{record ? plural(item.persons, 'person', 'persons') : roleText(item.who.role)}</small></h3>
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
  const list = (kind: string, none: string) => (of(kind).length ? of(kind).map((i) => <Item key={`${i.day} ${i.who.account} ${i.looks[0]?.patient.id}`} item={i} />) : <Empty>{none}</Empty>);
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
          {!!queue.incidents && <Box title={`${plural(queue.incidents, 'incident was', 'incidents were')} opened today.`}>They come first, and this list is shorter for it. <a href="/incidents">Open the incidents</a></Box>}
          <Card title="The worst">{list('worst', 'Everything that was opened lately is explained.')}</Card>
          <Card title="Records that several opened">{list('record', 'No record was opened by three or more without an explanation.')}</Card>
          <Card title="What adds up">{list('slow', 'Nobody opens unexplained records again and again.')}</Card>
        </>
      )}
    </Page>
  );
}
