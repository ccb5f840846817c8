// Light, dark or the system's. The only thing this page keeps in the browser.
import { store } from './store';

export type Theme = 'auto' | 'light' | 'dark';
const themes: Theme[] = ['auto', 'light', 'dark'];

function stored(): Theme {
  try {
    const value = localStorage.getItem('theme') as Theme;
    return themes.includes(value) ? value : 'auto';
  } catch {
    return 'auto';
  }
}

export const theme = store<Theme>(typeof window === 'undefined' ? 'auto' : stored());

export function setTheme(next: Theme): void {
  if (next === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === 'auto') localStorage.removeItem('theme');
    else localStorage.setItem('theme', next);
  } catch {
    // It lasts as long as the page then.
  }
  theme.set(next);
}

export const nextTheme = (now: Theme): Theme => themes[(themes.indexOf(now) + 1) % themes.length]!;
