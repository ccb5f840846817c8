// Signing in, step by step as the server says: password, second factor, enrolling one, a new password.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Mark, ThemeButton } from '../app';
import { ApiError, post } from '../base/api';
import { enter } from '../base/session';
import { Field } from '../ui/field';
import { Box, Trouble, say } from '../ui/notice';
import { RecoveryCodes } from '../ui/secret';
import { NewPassword } from './password';

interface Step { state: 'signed-in' | 'second-factor' | 'enrol' | 'change-password'; ticket?: string; recovery_codes?: string[] }
interface Enrolment { secret: string; uri: string; svg: string }
type Shown = { at: 'password' } | { at: 'code'; ticket: string } | { at: 'enrol'; ticket: string; made?: Enrolment } | { at: 'change'; ticket: string } | { at: 'codes'; codes: string[] };

const titles: Record<Shown['at'], string> = {
  password: 'Sign in', code: 'Second factor', enrol: 'Set up your second factor', change: 'Choose your own password', codes: 'Keep these recovery codes',
};

function Form({ children, busy, button, onSubmit, ready = true }: { children: ComponentChildren; busy: boolean; button: string; ready?: boolean; onSubmit(): void }) {
  return (
    <form class="form" noValidate onSubmit={(e) => { e.preventDefault(); if (!busy && ready) onSubmit(); }}>
      {children}
      <button type="submit" class="button main wide" disabled={busy || !ready}>{busy ? 'One moment…' : button}</button>
    </form>
  );
}

export function SignIn({ again, trouble, onTry }: { again: boolean; trouble?: ApiError; onTry(): void }) {
  const [shown, setShown] = useState<Shown>({ at: 'password' });
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [recovery, setRecovery] = useState(false);
  const [saved, setSaved] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>(trouble);
  const box = useRef<HTMLElement>(null);
  useEffect(() => setError(trouble), [trouble]);
  useEffect(() => {
    document.title = 'Sign in · Hospitaller';
    box.current?.querySelector<HTMLElement>('[data-first], input')?.focus();
  }, [shown.at, recovery]);

  const follow = async (step: Step) => {
    setCode('');
    if (step.state === 'signed-in') {
      setPassword('');
      if (step.recovery_codes) return setShown({ at: 'codes', codes: step.recovery_codes });
      return enter();
    }
    const ticket = step.ticket ?? '';
    if (step.state === 'second-factor') return setShown({ at: 'code', ticket });
    if (step.state === 'change-password') return setShown({ at: 'change', ticket });
    setShown({ at: 'enrol', ticket, made: await post<Enrolment>('/api/sign-in/enrol', { ticket }) });
  };
  const send = async (path: string, body: unknown) => {
    setBusy(true);
    setError(undefined);
    try {
      await follow(await post<Step>(path, body));
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(e);
      setCode('');
      say(e.message);
    } finally {
      setBusy(false);
    }
  };
  const back = () => {
    setShown({ at: 'password' });
    setError(undefined);
    setPassword('');
  };

  return (
    <div class="sign-in">
      <div class="sign-in-theme"><ThemeButton /></div>
      <main ref={box} class="sign-in-box" aria-labelledby="sign-in-title">
        <div class="sign-in-brand"><Mark size={40} /><span>Hospitaller</span></div>
        <h1 id="sign-in-title">{titles[shown.at]}</h1>
        {again && shown.at === 'password' && <Box tone="info" title="Your session has ended.">Sign in again to go on where you were.</Box>}
        {error && (error.status === 401 || error.status === 422 ? <Box tone="bad" title={error.message} /> : <Trouble error={error} again={shown.at === 'password' && trouble ? onTry : undefined} />)}

        {shown.at === 'password' && (
          <Form busy={busy} button="Sign in" ready={!!login && !!password} onSubmit={() => void send('/api/sign-in', { login: login.trim(), password, kind: 'cookie' })}>
            <Field label="Login" value={login} onInput={setLogin} autocomplete="username" first={!login} required />
            <Field label="Password" value={password} onInput={setPassword} type="password" autocomplete="current-password" first={!!login} required />
          </Form>
        )}

        {shown.at === 'code' && (
          <Form busy={busy} button="Go on" ready={recovery ? code.length > 5 : /^\d{6}$/.test(code)} onSubmit={() => void send('/api/sign-in/second-factor', { ticket: shown.ticket, code: code.trim() })}>
            {recovery
              ? <Field key="r" label="Recovery code" value={code} onInput={setCode} first hint="One of the ten codes you kept. Each works once." />
              : <Field key="c" label="Code" value={code} onInput={(v) => setCode(v.replace(/\D/g, ''))} inputMode="numeric" autocomplete="one-time-code" maxLength={6} first hint="Six digits from your authenticator app." />}
            <button type="button" class="button link" onClick={() => { setRecovery(!recovery); setCode(''); }}>{recovery ? 'Use a code from the app' : 'I do not have my phone: use a recovery code'}</button>
          </Form>
        )}

        {shown.at === 'enrol' && shown.made && (
          <Form busy={busy} button="Confirm" ready={/^\d{6}$/.test(code)} onSubmit={() => void send('/api/sign-in/enrol/confirm', { ticket: shown.ticket, code })}>
            <p>Scan this with an authenticator app, then type the six digits that it shows.</p>
            <img class="qr" width="208" height="208" alt="QR code for the authenticator app" src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(shown.made.svg)}`} />
            <details class="by-hand"><summary>Cannot scan? Type this key into the app</summary><code class="key">{shown.made.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code></details>
            <Field label="Code" value={code} onInput={(v) => setCode(v.replace(/\D/g, ''))} inputMode="numeric" autocomplete="one-time-code" maxLength={6} first />
          </Form>
        )}

        {shown.at === 'change' && (
          <>
            <p>The password you were given works once. Choose one that only you know.</p>
            <NewPassword busy={busy} ticket={shown.ticket} button="Use this password" onDone={(next) => void send('/api/sign-in/password', { ticket: shown.ticket, password: next })} />
          </>
        )}

        {shown.at === 'codes' && (
          <div class="form">
            <p>They are shown <strong>only now</strong>. If you lose your phone, each of them signs you in once. Keep them where you keep your passport.</p>
            <RecoveryCodes codes={shown.codes} login={login} />
            <label class="tick"><input type="checkbox" checked={saved} onChange={(e) => setSaved(e.currentTarget.checked)} />I have saved or printed them</label>
            <button type="button" class="button main wide" disabled={!saved} onClick={() => void enter()}>Go on</button>
          </div>
        )}

        {shown.at !== 'password' && shown.at !== 'codes' && <button type="button" class="button link" onClick={back}>Start again</button>}
      </main>
      <p class="sign-in-foot">Whatever you open here is written down: who, what, when and why.</p>
    </div>
  );
}
