// Today's queue: whose accesses nothing explains, why that is unusual, and what was looked for.
import { useState } from 'preact/hooks';
import { get, post } from '../base/api';
import { useLoad } from '../base/load';
import { useNews } from '../base/news';
import { go } from '../base/router';
import { account as me } from '../base/session';
import type { Look, Queue, QueueItem } from '../base/types';
import { capital, count, date, dateTime, plural } from '../fhir/words';
import { Explained, Flags } from '../trail/explanation';
import { roleText } from '../trail/words';
import { Ask, useDoing } from '../ui/ask';
import { Icon } from '../ui/icon';
import { Box, Empty, Skeleton, Trouble, tell } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';

type Verdict = 'fine' | 'incident';
interface Reviewed { records: number; days: number; number?: string; joined?: boolean }

// Nothing is asked of a reviewer but this: was it fine, or not?
interface Which { account?: string; queue: 'worst' | 'slow'; day: string }
export interface Settled { which: Which; name: string }
function Decide({ which, name, done }: { which: Which; name: string; done(settled?: Settled): void }) {
  const [verdict, setVerdict] = useState<Verdict>();
  const account = which.account;
  if (!account) return null;
  if (account === me()?.id) return <p class="muted">Somebody else decides about you.</p>;
  const send = async (reason: string) => {
    const made = await post<Reviewed>('/api/queue', { ...which, verdict, reason: reason || undefined });
    setVerdict(undefined);
    tell(made.number ? `Incident ${made.number} has it${made.joined ? ' already' : ''}.` : `It was fine: ${name} is out of the queue.`);
    if (made.number) go(`/incident/${made.number}`);
    else done({ which, name });
  };
  return (
    <div class="row">
      <button type="button" class="button" aria-label={`This is fine: ${name}`} onClick={() => setVerdict('fine')}>This is fine…</button>
      <button type="button" class="button" aria-label={`Make it an incident: ${name}`} onClick={() => setVerdict('incident')}>Make it an incident…</button>
      <a class="button" href={`/person/${account}`}>Their ordinary day</a>
      {verdict && (
        <Ask title={verdict === 'fine' ? `This is fine: ${name}` : `An incident about ${name}`} label={verdict === 'fine' ? 'Why is it fine?' : 'Why?'} free={verdict === 'incident'}
          act={verdict === 'fine' ? 'It is fine' : 'Open the incident'} onClose={() => setVerdict(undefined)} onDo={send}>
          <p>{verdict === 'fine' ? 'These accesses are out of the queue and do not count again. What comes later does.' : 'The accesses become a finding, with their proofs, and the finding an incident: with its patients, tasks, clocks and letters.'}</p>
        </Ask>
      )}
    </div>
  );
}

function LookRow({ look, done }: { look: Look; done?(settled?: Settled): void }) {
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
      {done && look.who && <Decide which={{ account: look.who.account, queue: 'worst', day: look.time.slice(0, 10) }} name={look.who.name ?? 'Somebody'} done={done} />}
    </li>
  );
}

function Item({ item, done }: { item: QueueItem; done(settled?: Settled): void }) {
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
      <ul class="bullets">{item.why.map((w) => <li key={w}>{capital(w)}</li>)}</ul>
      <ul class="queue-looks" aria-label="The accesses that weigh most">{item.looks.map((l) => <LookRow key={`${l.seq} ${l.patient.id}`} look={l} done={record ? done : undefined} />)}</ul>
      {item.queue !== 'record' && <Decide which={{ account: item.who.account, queue: item.queue, day: item.day }} name={name} done={done} />}
    </article>
  );
}

// Who clicked too soon has the way back in front of them.
function TakeBack({ settled, done }: { settled: Settled; done(): void }) {
  const doing = useDoing();
  const back = () => doing.run(async () => {
    await post('/api/queue', { ...settled.which, verdict: 'again' });
    tell(`${settled.name} is to be decided about again.`);
    done();
  });
  return (
    <Box tone="good" title={`${settled.name}: it was fine.`} actions={<button type="button" class="button" disabled={doing.busy} onClick={() => void back()}>Take it back</button>}>
      {doing.error ? doing.error.message : 'These accesses do not count again.'}
    </Box>
  );
}

export function QueuePage() {
  const loaded = useLoad('queue', (signal) => get<Queue>('/api/queue', signal));
  const queue = loaded.data;
  const [settled, setSettled] = useState<Settled>();
  const done = (now?: Settled) => { setSettled(now); loaded.again(); };
  useNews(['queue'], loaded.again);
  const of = (kind: string) => (queue?.items ?? []).filter((i) => i.queue === kind);
  const list = (kind: string, none: string) => (of(kind).length ? of(kind).map((i) => <Item key={`${i.day} ${i.who.account} ${i.looks[0]?.patient.id}`} item={i} done={done} />) : <Empty>{none}</Empty>);
  return (
    <Page title="Today’s queue" lead="Accesses to records that nothing in the hospital’s own data explains, as many as there is time for. It is a reason to ask, never a verdict."
      actions={<button type="button" class="button" onClick={loaded.again}>Refresh</button>}>
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !queue ? <Skeleton rows={8} /> : (
        <>
          {settled && <TakeBack settled={settled} done={done} />}
          {!queue.ready && <Box title="Nothing is known yet.">The watch has not read the trail since it was started. Look again in a moment.</Box>}
          <dl class="figures">
            <div><dt>People at work in 30 days</dt><dd>{count(queue.staff ?? 0)}</dd></div>
            <div><dt>Reviews for a thousand and a day</dt><dd>{count(queue.per_thousand ?? 0)}</dd></div>
            <div><dt>Waiting to be explained</dt><dd>{plural(queue.waiting ?? 0, 'access', 'accesses')}</dd></div>
          </dl>
          {!!queue.incidents && <Box title={`${plural(queue.incidents, 'incident was', 'incidents were')} opened today.`}>They come first, and this list is shorter for it. <a href="/incidents">Open the incidents</a></Box>}
          <Card title="The worst">{list('worst', 'Nobody waits for a decision.')}</Card>
          <Card title="Records that several opened">{list('record', 'No record was opened by three or more without an explanation.')}</Card>
          <Card title="What adds up">{list('slow', 'Nobody waits for a decision: nothing adds up.')}</Card>
        </>
      )}
    </Page>
  );
}
