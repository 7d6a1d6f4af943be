/** A whole page that says one thing: why there is no chart, and what brings it back. */
import { el, icon } from './element';

export interface Statement {
  readonly title: string;
  readonly text: string;
  /** Commands or calls that help, each with the place where it is typed. */
  readonly remedies?: readonly { readonly where: string; readonly code: string }[];
  readonly action?: { readonly label: string; run(): void };
}

export function statement({ title, text, remedies = [], action }: Statement): HTMLElement {
  const list = el('dl', { class: 'remedies' }, ...remedies.flatMap(({ where, code }) => [el('dt', {}, where), el('dd', {}, el('code', {}, code))]));
  return el('main', { class: 'statement' },
    el('div', { class: 'statement-mark' }, icon('chart')),
    el('h1', {}, title), el('p', {}, text),
    remedies.length === 0 ? null : list,
    action === undefined ? null : el('button', { type: 'button', class: 'button primary', on: { click: () => action.run() } }, action.label));
}

/** The server does not take the token of this address, or the address carries none. */
export function denied(directory: string | null, missing: boolean): Statement {
  const dir = directory === null ? '' : ` ${quoted(directory)}`;
  return {
    title: missing ? 'This address has lost its key' : 'This address is no longer valid',
    text: missing
      ? 'Charts are private to the person who made them: the address carries a key after the # sign, and this one has none. Ask for the whole address:'
      : 'The server has been started anew since, and made a new key. Your data are safe in their files. Ask for the new address:',
    remedies: remedies(dir, directory),
  };
}

/** The server does not answer. */
export function gone(directory: string | null): Statement {
  return {
    title: 'The server has ended',
    text: 'Your data are safe in their files. To see them again, run your script once more, or ask for an address, which starts a server:',
    remedies: remedies(directory === null ? '' : ` ${quoted(directory)}`, directory),
  };
}

/** The directory that was shown is not there any more. */
export function missing(directory: string): Statement {
  return {
    title: `The directory “${directory}” is not there any more`,
    text: 'It was moved, renamed or removed. What you see is what it held last. When it is there again, the chart goes on by itself.',
  };
}

/** The server tells so many pages of changes that this one has to do without. */
export function full(detail: string): Statement {
  return {
    title: 'Too many pages are open',
    text: `${detail.charAt(0).toUpperCase()}${detail.slice(1)}. Until then this page looks for news every few seconds, and Update shows them.`,
  };
}

function remedies(argument: string, directory: string | null): { where: string; code: string }[] {
  const terminal = { where: 'in a terminal', code: `charts url${argument}` };
  if (directory === null) return [terminal];
  const save = JSON.stringify(directory);
  return [terminal,
    { where: 'in R', code: `plotasync(save=${save})$url()` },
    { where: 'in Lua', code: `charts.plotasync{save=${save}}:url()` }];
}

/** For a shell, where the name needs it. */
function quoted(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
