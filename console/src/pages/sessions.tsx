// Where one is signed in; and, for who may, where others are.
import { useState } from 'preact/hooks';
import { ApiError, del, get, query } from '../base/api';
import { useLoad, useNow } from '../base/load';
import { leave, may } from '../base/session';
import type { Session } from '../base/types';
import { ago, dateTime } from '../fhir/words';
import { roleText } from '../trail/words';
import { Field } from '../ui/field';
import { Empty, Skeleton, Trouble, tell } from '../ui/notice';
import { Card, Page, Tag } from '../ui/page';
import { Table, type Column } from '../ui/table';

export function browser(agent: string | undefined): string {
  if (!agent) return 'Not known';
  const what = /Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : agent.split(/[/ ]/)[0]!;
  const where = /Android/.test(agent) ? 'Android' : /iPhone|iPad/.test(agent) ? 'iOS' : /Windows/.test(agent) ? 'Windows' : /Mac OS/.test(agent) ? 'macOS' : /Linux/.test(agent) ? 'Linux' : '';
  return where ? `${what} on ${where}` : what;
}

function Sessions_({ others, account }: { others: boolean; account?: string }) {
  const loaded = useLoad(`sessions ${others} ${account ?? ''}`, (signal) => get<{ sessions: Session[] }>(`/api/sessions${others ? `?account=${encodeURIComponent(account ?? '')}` : query({})}`, signal));
  const [error, setError] = useState<ApiError>();
  const now = useNow(15_000);
  const end = async (s: Session) => {
    setError(undefined);
    try {
      if (s.current) return await leave();
      await del(`/api/sessions/${encodeURIComponent(s.handle)}`);
      tell('The session has ended.');
      loaded.again();
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(e);
    }
  };
  const columns: Column<Session>[] = [
    ...(others ? [{ title: 'Who', kind: 'main' as const, cell: (s: Session) => <>{s.name ?? s.account} <small class="muted">{roleText(s.role)}</small></> }] : []),
    { title: 'With', kind: others ? undefined : 'main', cell: (s) => <>{s.kind === 'bearer' ? 'Application' : browser(s.agent)} {s.current && <Tag tone="accent">this one</Tag>}</> },
    { title: 'Address', cell: (s) => <span class="mono">{s.address}</span> },
    { title: 'Since', kind: 'date', cell: (s) => dateTime(s.created) },
    { title: 'Last used', kind: 'date', cell: (s) => ago(s.last_used, now) },
    { title: 'Ends', kind: 'date', spare: true, cell: (s) => dateTime(s.ends) },
    { title: 'End', kind: 'action', cell: (s) => <button type="button" class="button small" onClick={() => void end(s)} aria-label={s.current ? 'Sign out here' : `End the session ${s.name ? `of ${s.name} ` : ''}from ${s.address ?? 'there'}`}>{s.current ? 'Sign out' : 'End'}</button> },
  ];
  return (
    <>
      {error && <Trouble error={error} />}
      {loaded.error ? <Trouble error={loaded.error} again={loaded.again} /> : !loaded.data ? <Skeleton rows={3} />
        : loaded.data.sessions.length ? <Table label={others ? 'Sessions of others' : 'Your sessions'} columns={columns} rows={loaded.data.sessions} keyOf={(s) => s.handle} /> : <Empty>There are none.</Empty>}
    </>
  );
}

export function Sessions() {
  const [typed, setTyped] = useState('');
  const [account, setAccount] = useState('');
  return (
    <Page title="Sessions" lead="Where you are signed in. End what you do not know.">
      <Card title="Yours"><Sessions_ others={false} /></Card>
      {may('sessions-manage') && (
        <Card title="Everybody’s">
          <form class="filter one" role="search" onSubmit={(e) => { e.preventDefault(); setAccount(typed.trim()); }}>
            <Field label="Of whom" hint="A login; leave it empty for all" value={typed} onInput={setTyped} />
            <div class="filter-end"><button type="submit" class="button">Show</button></div>
          </form>
          <Sessions_ others account={account} />
        </Card>
      )}
    </Page>
  );
}
