/** The tab's own memory: outlives a reload, ends with the tab. */
import type { Shelf } from '../model/remembered';

/** sessionStorage; where that is denied (some embedded frames), the page's place in the tab's history. */
export function tabShelf(): Shelf {
  try {
    const storage = window.sessionStorage;
    storage.getItem('charts');
    return { get: (key) => storage.getItem(key), set: (key, value) => storage.setItem(key, value) };
  } catch {
    return historyShelf();
  }
}

function historyShelf(): Shelf {
  const state = (): Record<string, unknown> => (typeof history.state === 'object' && history.state !== null ? (history.state as Record<string, unknown>) : {});
  return {
    get: (key) => {
      const value = state()[key];
      return typeof value === 'string' ? value : null;
    },
    set: (key, value) => history.replaceState({ ...state(), [key]: value }, ''),
  };
}
