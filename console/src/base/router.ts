// Addresses carry opaque ids and nothing else: they end up in histories and screenshots.
import { store } from './store';

export type Params = Record<string, string>;

// The parameters of `path` if `pattern` ("/patient/:id/:tab?") fits it, else null.
export function match(pattern: string, path: string): Params | null {
  const want = pattern.split('/').filter(Boolean);
  const have = path.split('/').filter(Boolean);
  const params: Params = {};
  if (have.length > want.length) return null;
  for (let i = 0; i < want.length; i++) {
    const w = want[i]!;
    const h = have[i];
    if (!w.startsWith(':')) {
      if (w !== h) return null;
      continue;
    }
    const optional = w.endsWith('?');
    if (h === undefined) {
      if (!optional) return null;
      continue;
    }
    try {
      params[w.slice(1, optional ? -1 : undefined)] = decodeURIComponent(h);
    } catch {
      return null;
    }
  }
  return params;
}

const inBrowser = typeof window !== 'undefined';
export const place = store(inBrowser ? location.pathname : '/');
// Did this address come from elsewhere: a link in a mail, another site, what was typed? A page that is loaded
// again, and whatever one goes to from here, does not.
const here = { here: true };
const isOutside = () => !(history.state as typeof here | null)?.here;
export const outside = store(inBrowser && isOutside());
export function stay(): void {
  history.replaceState(here, '');
  outside.set(false);
}

export function go(path: string, replace = false): void {
  if (path === place.get()) return;
  if (replace) history.replaceState(here, '', path);
  else history.pushState(here, '', path);
  outside.set(false);
  place.set(path);
  if (!replace) window.scrollTo(0, 0);
}

// Lets plain links work as links, opened in a new tab too, without loading the page again.
function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = (event.target as Element).closest?.('a[href]');
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || !link.getAttribute('href')!.startsWith('/')) return;
  event.preventDefault();
  go(link.pathname);
}

export function startRouter(): void {
  window.addEventListener('popstate', () => {
    outside.set(isOutside());
    place.set(location.pathname);
  });
  document.addEventListener('click', onClick);
}
