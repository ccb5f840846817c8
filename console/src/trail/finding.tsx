// A finding in words: who, what, why it is unusual, what to do, and the entries that prove it.
import { useState } from 'preact/hooks';
import { go } from '../base/router';
import { ApiError, post } from '../base/api';
import { may } from '../base/session';
import type { Finding, Incident, Level, Who } from '../base/watch';
import { count, dateTime, plural } from '../fhir/words';
import { Ask, useDoing } from '../ui/ask';
import { Field } from '../ui/field';
import { Trouble, tell } from '../ui/notice';
import { Tag } from '../ui/page';
import { roleText } from './words';

const levels: Record<Level, { words: string; tone?: 'bad' | 'warn' }> = {
  critical: { words: 'Critical', tone: 'bad' }, high: { words: 'High', tone: 'bad' }, medium: { words: 'Medium', tone: 'warn' },
  low: { words: 'Low' }, informational: { words: 'For information' },
};
export const levelList = Object.entries(levels).map(([value, l]) => ({ value, label: l.words }));
export const LevelTag = ({ level }: { level: Level }) => <Tag tone={levels[level]?.tone}>{levels[level]?.words ?? level}</Tag>;

const sources: Record<string, string> = { rule: 'A rule', behaviour: 'Unlike their ordinary days', intelligence: 'Known from outside', access: 'Nothing explains it', system: 'The system itself' };
export const sourceText = (source: string | undefined): string => (source ? sources[source] ?? source : '');

export const whoText = (who: Who | undefined): string => who?.name || who?.account || '';

const SHOWN = 8;
export function Evidence({ seqs }: { seqs: number[] }) {
  const [all, setAll] = useState(false);
  if (!seqs.length) return <span class="muted">None is kept.</span>;
  const shown = all ? seqs : seqs.slice(0, SHOWN);
  return (
    <ul class="evidence" aria-label="Entries of the trail that prove it">
      {shown.map((seq) => <li key={seq}><a href={`/trail/${seq}`}>Entry {count(seq)}</a></li>)}
      {shown.length < seqs.length && <li><button type="button" class="button link" onClick={() => setAll(true)}>and {count(seqs.length - SHOWN)} more</button></li>}
    </ul>
  );
}

export function OpenIncident({ finding }: { finding: number }) {
  const doing = useDoing();
  const open = () => doing.run(async () => {
    try {
      const made = await post<Incident>('/api/incidents', { finding });
      tell(`Incident ${made.number} is open.`);
      go(`/incident/${made.number}`);
    } catch (e) {
      const known = e instanceof ApiError && e.status === 409 && /\b\d{4}-\d{4,}\b/.exec(e.message);
      if (!known) throw e;
      tell((e as ApiError).message);
      go(`/incident/${known[0]}`);
    }
  });
  return <>{doing.error && <Trouble error={doing.error} />}<button type="button" class="button" disabled={doing.busy} onClick={() => void open()}>Open an incident</button></>;
}

const DAYS = 90;
const inDays = (days: number): string => new Date(Date.now() + days * 86400_000).toISOString().slice(0, 10);

// What is known to be fine: no finding of this rule about this person, until a day.
function Fine({ finding: f }: { finding: Finding }) {
  const [asking, setAsking] = useState(false);
  const [until, setUntil] = useState(inDays(DAYS));
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>This is fine…</button>
      {asking && (
        <Ask title="This is fine" label="Why is it fine?" act="Make the exception" onClose={() => setAsking(false)} onDo={async (reason) => {
          await post('/api/exceptions', { rule: f.rule, when: `actor.user.uid=${f.who!.account}`, reason, until });
          setAsking(false);
          tell('The exception counts from now on.');
        }}>
          <p>“{f.title}” finds nothing about {whoText(f.who)} any more until that day. It is on the trail, and can be taken back.</p>
          <Field label="Until" type="date" value={until} onInput={setUntil} />
        </Ask>
      )}
    </>
  );
}

export function FindingCard({ finding: f, whole }: { finding: Finding; whole?: boolean }) {
  const [open, setOpen] = useState(!!whole);
  const account = f.who?.account;
  return (
    <article class="finding" aria-label={f.title}>
      <header class="queue-head">
        {!whole && <h3><a href={`/finding/${f.id}`}>{f.title}</a></h3>}
        <div class="row"><time class="muted" dateTime={f.time}>{dateTime(f.time)}</time>{f.certain && <Tag tone="bad">Certain</Tag>}<LevelTag level={f.level} /></div>
      </header>
      <p class="finding-sentence">{f.sentence}</p>
      {!!f.reasons?.length && <p><b>{f.reasons.length === 1 ? 'The reason given:' : 'The reasons given:'}</b> {f.reasons.map((r) => `“${r}”`).join(', ')}</p>}
      {f.advice && <p><b>What to do:</b> {f.advice}</p>}
      {open && (
        <dl class="facts">
          {f.who && <div><dt>Who</dt><dd>{account ? <a href={`/person/${account}`}>{whoText(f.who)}</a> : whoText(f.who)} <span class="muted">{roleText(f.who.role)}</span></dd></div>}
          {f.about && <div><dt>Patient</dt><dd>{may('patient-search') ? <a href={`/patient/${f.about.id}/seen`}>{f.about.name ?? f.about.id}</a> : f.about.name ?? <span class="mono">{f.about.id}</span>}</dd></div>}
          <div><dt>Found by</dt><dd>{sourceText(f.source) || 'A rule'}{f.count > 1 && `; counted ${count(f.count)} times`}</dd></div>
          {!!f.false_positives?.length && <div><dt>When it is fine</dt><dd><ul class="bullets">{f.false_positives.map((w) => <li key={w}>{w}</li>)}</ul></dd></div>}
          {!!f.attack?.length && <div><dt>ATT&amp;CK</dt><dd>{f.attack.join(', ')}</dd></div>}
          <div><dt>Evidence</dt><dd><Evidence seqs={f.evidence} /></dd></div>
        </dl>
      )}
      <div class="row">
        {!whole && <button type="button" class="button" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Less' : `Why, and ${plural(f.evidence.length, 'proof')}`}</button>}
        <OpenIncident finding={f.id} />
        {account && (!f.source || f.source === 'rule') && !f.certain && <Fine finding={f} />}
        {account && <a class="button" href={`/person/${account}`}>Their ordinary day</a>}
      </div>
    </article>
  );
}
