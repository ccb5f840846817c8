// Blocks: what guard keeps out, for how long still, why; and the zones of the network.
import { useState } from 'preact/hooks';
import { getOnce, post } from '../base/api';
import { useEvery, useLoad, useNow } from '../base/load';
import { may } from '../base/session';
import type { Guard, GuardLine } from '../base/watch';
import { bytes, count, left, plural } from '../fhir/words';
import { Ask, useDoing } from '../ui/ask';
import { Dialog } from '../ui/dialog';
import { Choice, Field } from '../ui/field';
import { Box, Empty, Skeleton, Trouble, tell } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';
import { Table, type Column } from '../ui/table';

const EVERY_MS = 5000;
const kinds = { block: 'Blocked', quarantine: 'Quarantined' } as const;
const undoes = { block: 'unblock', quarantine: 'release' } as const;
type Held = GuardLine & { kind: keyof typeof kinds };
const isHeld = (l: GuardLine): l is Held => l.kind in kinds;

const order = (verb: string, body: object) => post<{ message: string }>(`/api/guard/${verb}`, body);

const spans = [['900', '15 minutes'], ['3600', '1 hour'], ['14400', '4 hours'], ['86400', '1 day'], ['604800', '7 days']].map(([value, label]) => ({ value: value!, label: label! }));

function NewBlock({ onDone, onClose }: { onDone(): void; onClose(): void }) {
  const [form, setForm] = useState({ verb: 'block', address: '', seconds: '3600', reason: '', case: '' });
  const doing = useDoing();
  const field = (name: keyof typeof form) => ({ value: form[name], onInput: (value: string) => setForm((f) => ({ ...f, [name]: value })) });
  const ready = form.address.trim() !== '' && form.reason.trim() !== '' && !doing.busy;
  const send = () => doing.run(async () => {
    const done = await order(form.verb, { address: form.address.trim(), seconds: Number(form.seconds), reason: form.reason.trim(), case: form.case.trim() || undefined });
    tell(done.message);
    onDone();
    onClose();
  });
  return (
    <Dialog title="Block an address" onClose={onClose}>
      <form class="form" onSubmit={(e) => { e.preventDefault(); if (ready) void send(); }}>
        <p class="hint">It ends by itself. Lifelines and what is never blocked stay reachable: guard refuses, and says so.</p>
        <Field label="Address" hint="One, or a range such as 10.50.0.0/24" first {...field('address')} />
        <Choice label="How" {...field('verb')} options={[{ value: 'block', label: 'Block: nothing from or to it' }, { value: 'quarantine', label: 'Quarantine: it reaches only what cleans it' }]} />
        <Choice label="For" {...field('seconds')} options={spans} />
        <Field label="Why?" hint="It stays on the trail." maxLength={190} spellcheck {...field('reason')} />
        <Field label="Case" hint="An incident’s number, if there is one" maxLength={40} {...field('case')} />
        {doing.error && <Trouble error={doing.error} />}
        <div class="row end">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="button main" disabled={!ready}>{form.verb === 'block' ? 'Block it' : 'Quarantine it'}</button>
        </div>
      </form>
    </Dialog>
  );
}

function Zones({ guard, remain, able, again }: { guard: Guard; remain: number; able: boolean; again(): void }) {
  const doing = useDoing();
  const [applying, setApplying] = useState(false);
  const [seconds, setSeconds] = useState('60');
  const waits = guard.confirm_seconds > 0;
  const act = (verb: string, body: object = {}) => doing.run(async () => {
    tell((await order(verb, body)).message);
    setApplying(false);
    again();
  });
  return (
    <Card title="Zones of the network">
      <p class="zones-words">{guard.zones}.</p>
      {waits && (
        <Box tone="warn" title={`Not confirmed: these zones are undone in ${left(remain)}.`} actions={able && <>
          <button type="button" class="button" disabled={doing.busy} onClick={() => void act('rollback')}>Undo them now</button>
          <button type="button" class="button main" disabled={doing.busy} onClick={() => void act('confirm')}>Confirm: keep them</button></>}>
          That you read this proves that you still reach the server. Confirm only when the wards do, too.
        </Box>
      )}
      {doing.error && <Trouble error={doing.error} />}
      {able && !waits && (applying ? (
        <form class="filter one" onSubmit={(e) => { e.preventDefault(); void act('apply', { seconds: Number(seconds) }); }}>
          <Choice label="Undo them unless confirmed within" value={seconds} onInput={setSeconds} options={[['60', '1 minute'], ['300', '5 minutes'], ['900', '15 minutes']].map(([value, label]) => ({ value: value!, label: label! }))} />
          <div class="filter-end"><button type="submit" class="button main" disabled={doing.busy}>Apply now</button><button type="button" class="button" onClick={() => setApplying(false)}>Cancel</button></div>
        </form>
      ) : <div class="row"><button type="button" class="button" onClick={() => setApplying(true)}>Apply the zones file…</button></div>)}
    </Card>
  );
}

export function Blocks() {
  const loaded = useLoad('guard', async (signal) => ({ ...(await getOnce<Guard>('/api/guard', signal)), at: Date.now() }));
  useEvery(EVERY_MS, loaded.again);
  const now = useNow(1000);
  const [making, setMaking] = useState(false);
  const [lifting, setLifting] = useState<Held>();
  const guard = loaded.data;
  const able = may('contain');
  const passed = guard ? now - guard.at : 0;
  const unable = guard?.zones.startsWith('nothing can be contained');
  const held = (guard?.lines ?? []).filter(isHeld);
  const counted = (guard?.lines ?? []).filter((l) => !isHeld(l));
  const columns: Column<Held>[] = [
    { title: 'Address', kind: 'main', cell: (l) => <><span class="mono">{l.address}</span> <Tag tone={l.kind === 'block' ? 'bad' : 'warn'}>{kinds[l.kind]}</Tag></> },
    { title: 'Ends in', cell: (l) => <span class="count">{left((l.seconds ?? 0) * 1000 - passed)}</span> },
    { title: 'Why', cell: (l) => l.reason },
    { title: 'Case', cell: (l) => (l.case && /^\d{4}-\d+$/.test(l.case) && may('trail-search') ? <a href={`/incident/${l.case}`}>{l.case}</a> : l.case) },
    { title: 'Dropped', kind: 'number', cell: (l) => <>{plural(l.packets, 'packet')} <small class="muted">{bytes(l.bytes)}</small></> },
    ...(able ? [{ title: 'Lift', kind: 'action' as const, cell: (l: Held) => <button type="button" class="button small" aria-label={`Lift: ${l.address}`} onClick={() => setLifting(l)}>Lift…</button> }] : []),
  ];
  return (
    <Page title="Blocks" lead="What is kept out, for how long, and why. Everything here ends by itself."
      actions={able && guard && !unable && <button type="button" class="button main" onClick={() => setMaking(true)}>Block an address…</button>}>
      {loaded.error ? <Box tone="warn" title={loaded.error.message} actions={<button type="button" class="button" onClick={loaded.again}>Try again</button>}>What is blocked stays blocked and ends in time: that is the kernel’s, whether guard answers or not.</Box>
        : !guard ? <Skeleton rows={6} /> : (
          <>
            {unable && <Box tone="bad" title={`${guard.zones}.`}>Nothing on this page has any effect until that is put right.</Box>}
            {!able && <Box>You see this; lifting and blocking is the work of others.</Box>}
            <Card title="Kept out now" aside={<span class="muted">{held.length > 0 && plural(held.length, 'address', 'addresses')}</span>}>
              {held.length ? <Table label="Blocked and quarantined addresses" columns={columns} rows={held} keyOf={(l) => `${l.kind} ${l.address}`} /> : <Empty>Nothing is blocked and nothing is in quarantine.</Empty>}
            </Card>
            {!unable && <Zones guard={guard} remain={guard.confirm_seconds * 1000 - passed} able={able} again={loaded.again} />}
            {counted.length > 0 && (
              <Card title="Counted between zones">
                <Table label="Flows and what no flow allows" rows={counted} keyOf={(l) => `${l.kind} ${l.address ?? ''} ${l.name}`} columns={[
                  { title: 'Name', kind: 'main', cell: (l) => (l.kind === 'knock' ? <><span class="mono">{l.address}</span> knocks at {l.places === 1 ? l.name : `${plural(l.places ?? 0, 'place')}, most at ${l.name}`}</> : l.name) },
                  { title: 'What', cell: (l) => (l.kind !== 'flow' ? <Tag tone={l.packets ? 'warn' : undefined}>Dropped</Tag> : <Tag tone="good">Allowed</Tag>) },
                  { title: 'Packets', kind: 'number', cell: (l) => count(l.packets) },
                  { title: 'Amount', kind: 'number', cell: (l) => bytes(l.bytes) },
                ]} />
              </Card>
            )}
          </>
        )}
      {making && <NewBlock onDone={loaded.again} onClose={() => setMaking(false)} />}
      {lifting && (
        <Ask title={`Lift: ${lifting.address}`} act="Lift it" onClose={() => setLifting(undefined)} onDo={async (reason) => {
          tell((await order(undoes[lifting.kind], { address: lifting.address, reason })).message);
          setLifting(undefined);
          loaded.again();
        }}>
          <p>{kinds[lifting.kind]} {lifting.reason && `(“${lifting.reason}”)`}, for {left((lifting.seconds ?? 0) * 1000 - passed)} more. It is let through again at once.</p>
        </Ask>
      )}
    </Page>
  );
}
