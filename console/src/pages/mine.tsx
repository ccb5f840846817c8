// One's own account: who one is here, password, recovery codes.
import { useState } from 'preact/hooks';
import { ApiError, post } from '../base/api';
import { account } from '../base/session';
import { date } from '../fhir/words';
import { roleText } from '../trail/words';
import { Dialog } from '../ui/dialog';
import { Trouble, tell } from '../ui/notice';
import { Card, Page } from '../ui/page';
import { RecoveryCodes } from '../ui/secret';
import { Facts } from '../ui/table';
import { NewPassword } from './password';

export function Mine() {
  const me = account()!;
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const [codes, setCodes] = useState<string[]>();
  const [turn, setTurn] = useState(0);
  const run = async (fn: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await fn();
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  const change = (password: string, old: string) => run(async () => {
    await post('/api/me/password', { old, new: password });
    setTurn((n) => n + 1);
    tell('Your password has changed.');
  });
  const renew = () => run(async () => setCodes((await post<{ recovery_codes: string[] }>('/api/me/recovery-codes')).recovery_codes));
  return (
    <Page title={me.name}>
      {error && <Trouble error={error} />}
      <div class="grid">
        <Card title="Your account"><Facts facts={[['Login', <span class="mono">{me.login}</span>], ['Role', roleText(me.role)], ['Since', date(me.created)], ['Second factor', me.second_factor ? 'Set up' : 'Not set up']]} />
          {me.second_factor && <p><button type="button" class="button" disabled={busy} onClick={() => void renew()}>Make new recovery codes</button></p>}
          <p><a href="/sessions">Where you are signed in</a></p></Card>
        <Card title="Change your password"><NewPassword key={turn} busy={busy} withOld button="Change it" onDone={(p, o) => void change(p, o)} /></Card>
      </div>
      {codes && (
        <Dialog title="Your new recovery codes" onClose={() => setCodes(undefined)} firm>
          <p>The old ones no longer work. These are shown only now.</p>
          <RecoveryCodes codes={codes} login={me.login} />
          <div class="row end"><button type="button" class="button main" onClick={() => setCodes(undefined)}>I have kept them</button></div>
        </Dialog>
      )}
    </Page>
  );
}
