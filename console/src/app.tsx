// The frame: who is in, the menu, what every page shares.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, post, retrying, whenFactorWanted } from './base/api';
import { match, go, place } from './base/router';
import { account, enter, idleLeft, leave, may, ownRecord, session } from './base/session';
import { store, useStore, type Store } from './base/store';
import { WAITING_MS, askWaiting } from './base/asking';
import { useEvery, useNow } from './base/load';
import { NEWS_MS, askNews, useNews } from './base/news';
import { nextTheme, setTheme, theme } from './base/theme';
import { menuPath, pages, type Route } from './pages/routes';
import { SignIn } from './pages/sign_in';
import { roleText } from './trail/words';
import { Ask } from './ui/ask';
import { Dialog } from './ui/dialog';
import { Icon, type IconName } from './ui/icon';
import { help, keys, onKey } from './ui/keys';
import { Box, Trouble, Voice } from './ui/notice';

const themeWords = { auto: 'as the system', light: 'light', dark: 'dark' };

export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M13.700 8.500h4.600l-1.100 5.100 5.300-1.100v4.600l-5.300-1.100 1.100 5.600h-4.600l1.100-5.600-5.300 1.100v-4.600l5.300 1.100z" transform="translate(0 1.200)" />
    </svg>
  );
}

export function ThemeButton() {
  const now = useStore(theme);
  return (
    <button type="button" class="button quiet square" aria-label={`Colours: ${themeWords[now]}. Change.`} title={`Colours: ${themeWords[now]}`} onClick={() => setTheme(nextTheme(now))}>
      <Icon name={now === 'auto' ? 'auto' : now === 'light' ? 'sun' : 'moon'} />
    </button>
  );
}

function Waits({ of }: { of: Store<number> }) {
  const n = useStore(of);
  return n > 0 ? <b class="menu-waits">{n}<span class="only-heard"> waiting</span></b> : null;
}

function Item({ path, icon, words, here, waits }: { path: string; icon: IconName; words: string; here?: boolean; waits?: Store<number> }) {
  return <a href={path} class="menu-item" aria-current={here ? 'page' : undefined}><Icon name={icon} /><span>{words}</span>{waits && <Waits of={waits} />}</a>;
}

const FIT = 5;
const isHere = (p: Route, path: string): boolean => match(p.path, path) !== null || !!p.also?.some((a) => match(a, path));
const item = (p: Route, path: string) => <Item key={p.path} path={menuPath(p)} icon={p.icon!} words={p.menu!} here={isHere(p, path)} waits={p.waits} />;

// What does not fit. It closes when one goes elsewhere: its key is the path.
function Behind({ routes, path }: { routes: Route[]; path: string }) {
  const ref = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (e: Event) => {
      const box = ref.current!;
      if (!box.open || (e instanceof KeyboardEvent ? e.key !== 'Escape' : box.contains(e.target as Node))) return;
      box.open = false;
      if (e instanceof KeyboardEvent) box.querySelector('summary')!.focus();
    };
    document.addEventListener('keydown', close);
    document.addEventListener('pointerdown', close);
    return () => {
      document.removeEventListener('keydown', close);
      document.removeEventListener('pointerdown', close);
    };
  }, []);
  const here = routes.some((p) => isHere(p, path));
  return (
    <details class="menu-more" ref={ref}>
      <summary class="menu-item" aria-current={here ? 'true' : undefined}><Icon name="more" /><span>More</span></summary>
      <div class="menu-behind">{routes.map((p) => item(p, path))}</div>
    </details>
  );
}

function Menu({ path }: { path: string }) {
  const own = ownRecord();
  const open = pages.filter((p) => p.menu && isOpen(p));
  const front = open.length > FIT ? open.slice(0, FIT - 1) : open;
  return (
    <nav class="menu" aria-label="Main">
      {own && <Item path={`/patient/${own}`} icon="patients" words="My record" here={match('/patient/:id/:tab?', path)?.id === own && !path.endsWith('/seen')} />}
      {own && <Item path={`/patient/${own}/seen`} icon="trail" words="Who saw it" here={path === `/patient/${own}/seen`} />}
      {front.map((p) => item(p, path))}
      {front.length < open.length && <Behind key={path} routes={open.slice(front.length)} path={path} />}
    </nav>
  );
}

function IdleWarning() {
  const left = idleLeft(useNow(1000));
  const [error, setError] = useState<ApiError>();
  const near = left < 120_000;
  useEffect(() => {
    if (left <= 0) void get('/api/me').catch(() => {});
  }, [left <= 0]);
  if (!near || left <= 0) return null;
  const s = Math.ceil(left / 1000);
  return (
    <Dialog title="Are you still there?" onClose={() => void get('/api/me').catch(setError)}>
      <p>You will be signed out in <strong class="count">{Math.floor(s / 60)}:{String(s % 60).padStart(2, '0')}</strong>, so that nobody else uses your session. What you see stays where it is.</p>
      {error && <Trouble error={error} />}
      <div class="row end">
        <button type="button" class="button" onClick={() => void leave()}>Sign out now</button>
        <button type="button" class="button main" data-first onClick={() => void get('/api/me').catch(setError)}>Stay signed in</button>
      </div>
    </Dialog>
  );
}

function Help() {
  if (!useStore(help)) return null;
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => help.set(false)}>
      <dl class="keys">
        {keys.filter((k) => !k.verb || may(k.verb)).map((k) => (
          <div key={k.keys}><dt>{k.keys.split(' ').map((one) => <kbd key={one}>{one}</kbd>)}</dt><dd>{k.words}</dd></div>
        ))}
      </dl>
    </Dialog>
  );
}

const wanted = store<((given: boolean) => void) | null>(null);
let wish: Promise<boolean> | null = null;
// However many requests wait, one code answers all of them.
whenFactorWanted(() => (wish ??= new Promise<boolean>((done) => wanted.set(done)).finally(() => { wish = null; })));

function FreshFactor() {
  const done = useStore(wanted);
  if (!done) return null;
  const end = (given: boolean) => { wanted.set(null); done(given); };
  return (
    <Ask title="Show once more that it is you" label="Code" hint="Six digits from your phone, or a recovery code" act="Go on" onClose={() => end(false)} onDo={async (code) => {
      await post('/api/me/second-factor', { code });
      end(true);
    }}>
      <p>Something unusual was noticed with your account, and this needs a new code. If a patient cannot wait for it: close this and break the glass, which always works.</p>
    </Ask>
  );
}

function Away() {
  if (!useStore(retrying)) return null;
  return <div class="away" role="status"><span class="pulse" aria-hidden="true" />The records cannot be reached just now. Trying again by itself…</div>;
}

function home(): string {
  const own = ownRecord();
  return own ? `/patient/${own}` : menuPath(pages.find((p) => p.menu && isOpen(p))!);
}

// Patients have one record, and nobody to look for.
const isOpen = (p: Route): boolean => (!p.verb || [p.verb].flat().some(may)) && !(p.search && account()?.role === 'patient');

function find(path: string): { route: Route; params: Record<string, string> } | null {
  for (const route of pages) {
    const params = match(route.path, path);
    if (params && isOpen(route)) return { route, params };
  }
  return null;
}

function Inside() {
  const path = useStore(place);
  const me = account()!;
  const found = find(path);
  const start = home();
  // Whoever comes in begins with today's work; from then on "/" is what it says.
  useEffect(() => {
    if (path === '/' && start !== '/') go(start, true);
  }, []);
  useEffect(() => {
    if (!found && path === '/') go(start, true);
  }, [path]);
  useEffect(() => {
    void askWaiting();
    void askNews();
  }, [path]);
  useEvery(WAITING_MS, () => void askWaiting());
  useEvery(NEWS_MS, () => void askNews());
  useNews(['runs'], () => void askWaiting());
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to the content</a>
      <div class="frame">
        <header class="top">
          <a href={start} class="brand" aria-label="Hospitaller, start page"><Mark /><span>Hospitaller</span></a>
          <Menu path={path} />
          <div class="top-end">
            <ThemeButton />
            <a href="/me" class="me" aria-current={path === '/me' ? 'page' : undefined}>
              <span class="me-mark" aria-hidden="true">{initials(me.name)}</span>
              <span class="me-words"><b>{me.name}</b><small>{roleText(me.role)}</small></span>
            </a>
            <button type="button" class="button quiet square" aria-label="Sign out" title="Sign out" onClick={() => void leave()}><Icon name="out" /></button>
          </div>
        </header>
        <main id="main" class="main" tabIndex={-1}>
          <Away />
          {found ? <found.route.page key={found.route.path + (found.params.id ?? found.params.number ?? found.params.seq ?? found.params.account ?? '')} params={found.params} />
            : path !== '/' && <div class="page"><Box tone="warn" title="There is no such page.">Or it is not for your role. <a href={start}>To the start page</a></Box></div>}
        </main>
      </div>
      <IdleWarning />
      <FreshFactor />
      <Help />
    </>
  );
}

function initials(name: string): string {
  const words = name.replace(/\b(dr|prof|mr|mrs|ms)\b\.?/gi, '').trim().split(/\s+/);
  return ((words[0]?.[0] ?? '') + (words.length > 1 ? words[words.length - 1]![0] : '')).toUpperCase();
}

export function App() {
  const who = useStore(session);
  const [trouble, setTrouble] = useState<ApiError>();
  const start = () => {
    setTrouble(undefined);
    enter().catch((e) => setTrouble(e));
  };
  useEffect(() => {
    start();
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      {who.state === 'in' ? <Inside /> : who.state === 'out' ? <SignIn again={who.again} trouble={trouble} onTry={start} />
        : <div class="starting" aria-busy="true"><Mark size={48} /></div>}
      <Voice />
    </>
  );
}
