// How many steps of playbooks wait for somebody's approval: the number in the menu. It is asked
// without names, so that looking at the menu is no look at anybody.
import { ApiError, getOnce } from './api';
import { may } from './session';
import { store } from './store';

export const WAITING_MS = 60_000;
export const asking = store(0);

export async function askWaiting(): Promise<void> {
  if (!may('playbooks')) return asking.set(0);
  try {
    asking.set((await getOnce<{ asking?: number }>('/api/playbooks')).asking ?? 0);
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    // The pages say what is wrong; a number that is not known is not shown.
    asking.set(0);
  }
}
