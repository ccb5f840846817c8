// A new password, with advice while one types.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, post } from '../base/api';
import type { Advice } from '../base/types';
import { Field } from '../ui/field';

const strength = ['Very easy to guess', 'Easy to guess', 'Could be guessed', 'Hard to guess', 'Very hard to guess'];

export function NewPassword({ busy, button, onDone, withOld, ticket }: { ticket?: string; busy: boolean; button: string; onDone(password: string, old: string): void; withOld?: boolean }) {
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const [advice, setAdvice] = useState<{ of: string; is: Advice }>();
  useEffect(() => {
    if (!password) return setAdvice(undefined);
    let over = false;
    const timer = setTimeout(() => {
      post<Advice>('/api/password/advice', { password, ticket }).then(
        (is) => over || setAdvice({ of: password, is }),
        (e) => { if (!(e instanceof ApiError)) throw e; });
    }, 220);
    return () => { over = true; clearTimeout(timer); };
  }, [password]);
  const is = password ? advice?.is : undefined;
  const mismatch = repeated && repeated !== password && !password.startsWith(repeated) ? 'These two are not the same.' : undefined;
  const ready = !!password && password === repeated && (!withOld || !!old) && (advice?.of !== password || advice.is.acceptable);
  return (
    <form class="form" noValidate onSubmit={(e) => { e.preventDefault(); if (ready && !busy) onDone(password, old); }}>
      {withOld && <Field label="Present password" type="password" value={old} onInput={setOld} autocomplete="current-password" first />}
      <Field label="New password" type="password" value={password} onInput={setPassword} autocomplete="new-password" first={!withOld} hint="Several words that do not belong together are strong and easy to keep in mind. Spaces are fine." />
      <div class="strength" role="group" aria-label="Strength of the password">
        <div class={`strength-bar s${is ? is.score : 'none'}`} aria-hidden="true">{[0, 1, 2, 3].map((i) => <i key={i} class={is && is.score > i ? 'on' : ''} />)}</div>
        <div class="strength-words" aria-live="polite">
          {is ? <><b>{strength[is.score]}.</b> {is.warning} {is.suggestions?.join(' ')}</> : ' '}
        </div>
      </div>
      <Field label="Once more" type="password" value={repeated} onInput={setRepeated} autocomplete="new-password" wrong={mismatch} />
      <button type="submit" class="button main wide" disabled={busy || !ready}>{busy ? 'One moment…' : button}</button>
    </form>
  );
}
