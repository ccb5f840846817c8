// Accounts, for those who manage them.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, get, patch, post, query } from '../base/api';
import { useLoad } from '../base/load';
import { account as me } from '../base/session';
import type { Account } from '../base/types';
import { date, plural } from '../fhir/words';
import { roleList, roleText } from '../trail/words';
import { Dialog } from '../ui/dialog';
import { Choice, Field } from '../ui/field';
import { Box, Empty, Skeleton, Trouble, tell } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';
import { Secret } from '../ui/secret';
import { Table } from '../ui/table';

interface Once { title: string; words: string; label: string; text: string }

function OnceDialog({ once, onClose }: { once: Once; onClose(): void }) {
  return (
    <Dialog title={once.title} onClose={onClose} firm>
      <p>{once.words}</p>
      <Secret text={once.text} label={once.label} />
      <Box tone="warn" title="It is shown only now.">Hand it over in person or by telephone, not by e-mail.</Box>
      <div class="row end"><button type="button" class="button main" onClick={onClose}>I have passed it on</button></div>
    </Dialog>
  );
}

function Create({ onClose, onMade }: { onClose(): void; onMade(a: Account & { password?: string }): void }) {
  const [login, setLogin] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState('clinician');
  const [person, setPerson] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      onMade(await post('/api/accounts', { login: login.trim(), name: name.trim(), role, ...(person.trim() ? { person: person.trim() } : {}) }));
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(e);
      setBusy(false);
    }
  };
  return (
    <Dialog title="New account" onClose={onClose}>
      <form class="form" noValidate onSubmit={(e) => { e.preventDefault(); if (!busy && login && name) void send(); }}>
        <Field label="Name" value={name} onInput={setName} first hint="As it will be read in the trail: Dr Anna Berg" />
        <Field label="Login" value={login} onInput={setLogin} hint="2 to 64 letters, digits or . _ - @" />
        <Choice label="Role" value={role} onInput={setRole} options={roleList} />
        <Field label="Person in the records" value={person} onInput={setPerson} placeholder={role === 'patient' ? 'Patient/…' : 'Practitioner/…'} hint="Connects the account with the care they take part in. May be left empty." />
        {error && <Trouble error={error} />}
        <div class="row end"><button type="button" class="button" onClick={onClose}>Cancel</button><button type="submit" class="button main" disabled={busy || !login || !name}>{busy ? 'One moment…' : 'Make the account'}</button></div>
      </form>
    </Dialog>
  );
}

function Manage({ account, onClose, onOnce, onChanged }: { account: Account; onClose(): void; onOnce(o: Once): void; onChanged(): void }) {
  const [error, setError] = useState<ApiError>();
  const [role, setRole] = useState(account.role);
  const [name, setName] = useState(account.name);
  const [label, setLabel] = useState('');
  const self = me()?.id === account.id;
  const path = `/api/accounts/${encodeURIComponent(account.id)}`;
  const run = async (fn: () => Promise<void>) => {
    setError(undefined);
    try {
      await fn();
      onChanged();
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(e);
    }
  };
  const lock = () => run(async () => {
    await patch(path, { state: account.state === 'locked' ? 'active' : 'locked' });
    tell(account.state === 'locked' ? 'The account is open again.' : 'The account is locked.');
    onClose();
  });
  const save = () => run(async () => {
    await patch(path, { ...(role !== account.role ? { role } : {}), ...(name !== account.name ? { name: name.trim() } : {}) });
    tell('Saved.');
    onClose();
  });
  const password = () => run(async () => {
    const made = await post<{ password: string }>(`${path}/reset-password`);
    onOnce({ title: 'New password', words: `${account.name} signs in with it once and then chooses another.`, label: 'Password', text: made.password });
  });
  const factor = () => run(async () => {
    await post(`${path}/reset-second-factor`);
    tell('They set up a new second factor when they next sign in.');
    onClose();
  });
  const token = () => run(async () => {
    const made = await post<{ token: string }>(`${path}/tokens`, { label: label.trim() });
    onOnce({ title: 'New token', words: `For ${account.name}: ${label.trim()}. Whoever holds it acts as this application.`, label: 'Token', text: made.token });
  });
  return (
    <Dialog title={account.name} onClose={onClose}>
      <form class="form" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <Field label="Name" value={name} onInput={setName} first />
        <Choice label="Role" value={role} onInput={setRole} options={roleList} />
        <div class="row end"><button type="submit" class="button main" disabled={role === account.role && name.trim() === account.name}>Save</button></div>
      </form>
      {error && <Trouble error={error} />}
      <hr />
      <ul class="acts">
        {account.role !== 'application' && <li><div><b>New password</b><small>The present one stops working.</small></div><button type="button" class="button" onClick={() => void password()}>Give out</button></li>}
        {account.second_factor && <li><div><b>Second factor</b><small>For a lost phone. Make sure who asks.</small></div><button type="button" class="button" onClick={() => void factor()}>Reset</button></li>}
        {account.role === 'application' && (
          <li><div><b>Token</b><input aria-label="What the token is for" placeholder="What it is for" value={label} onInput={(e) => setLabel(e.currentTarget.value)} /></div><button type="button" class="button" disabled={!label.trim()} onClick={() => void token()}>Make</button></li>
        )}
        {!self && <li><div><b>{account.state === 'locked' ? 'Locked' : 'Lock'}</b><small>{account.state === 'locked' ? 'Nobody can sign in with it.' : 'Ends every session and lets nobody in.'}</small></div><button type="button" class={`button ${account.state === 'locked' ? '' : 'bad'}`} onClick={() => void lock()}>{account.state === 'locked' ? 'Unlock' : 'Lock'}</button></li>}
      </ul>
    </Dialog>
  );
}

export function Accounts() {
  const [typed, setTyped] = useState('');
  const [text, setText] = useState('');
  const [creating, setCreating] = useState(false);
  const [managed, setManaged] = useState<Account>();
  const [once, setOnce] = useState<Once>();
  useEffect(() => {
    const timer = setTimeout(() => setText(typed.trim()), 180);
    return () => clearTimeout(timer);
  }, [typed]);
  const loaded = useLoad(`accounts ${text}`, (signal) => get<{ accounts: Account[] }>(`/api/accounts${query({ text })}`, signal));
  const rows = loaded.data?.accounts ?? [];
  return (
    <Page title="Accounts" lead="Who may come in, and as what." actions={<button type="button" class="button main" onClick={() => setCreating(true)}>New account</button>}>
      <Card title="All accounts" aside={<input class="small-search" type="search" data-search aria-label="Search accounts" placeholder="Name or login" value={typed} onInput={(e) => setTyped(e.currentTarget.value)} />}>
        {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !loaded.data ? <Skeleton rows={8} /> : !rows.length ? <Empty>Nobody fits.</Empty> : (
          <>
            <p class="hint">{plural(rows.length, 'account')}</p>
            <Table label="Accounts" rows={rows} keyOf={(a) => a.id} tone={(a) => (a.state === 'locked' ? 'faded' : undefined)} columns={[
              { title: 'Name', kind: 'main', cell: (a) => a.name },
              { title: 'Login', cell: (a) => <span class="mono">{a.login}</span> },
              { title: 'Role', cell: (a) => roleText(a.role) },
              { title: 'Second factor', spare: true, cell: (a) => (a.role === 'application' ? '' : a.second_factor ? 'Set up' : <Tag>Not yet</Tag>) },
              { title: 'State', cell: (a) => a.state === 'locked' ? <Tag tone="bad">Locked</Tag> : a.must_change_password ? <Tag tone="warn">Password to be changed</Tag> : 'Active' },
              { title: 'Since', kind: 'date', spare: true, cell: (a) => date(a.created) },
              { title: 'Manage', kind: 'action', cell: (a) => <button type="button" class="button small" aria-label={`Manage ${a.name}`} onClick={() => setManaged(a)}>Manage</button> },
            ]} />
          </>
        )}
      </Card>
      {creating && <Create onClose={() => setCreating(false)} onMade={(a) => {
        setCreating(false);
        loaded.again();
        if (a.password) setOnce({ title: 'The account is made', words: `${a.name} signs in as “${a.login}” with this password once, then chooses another.`, label: 'Password', text: a.password });
        else tell('The account is made.');
      }} />}
      {managed && !once && <Manage account={managed} onClose={() => setManaged(undefined)} onOnce={setOnce} onChanged={loaded.again} />}
      {once && <OnceDialog once={once} onClose={() => { setOnce(undefined); setManaged(undefined); }} />}
    </Page>
  );
}
