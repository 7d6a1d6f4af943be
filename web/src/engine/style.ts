/** The look of the engine's own elements. A constructed style sheet: no style attribute, no inline style element. */
import { FONT, type Theme } from './palette';

const CSS = `
.cx { position: relative; display: flex; flex-direction: column; width: 100%; height: 100%; min-width: 0; overflow: hidden;
  font-family: var(--cx-font); font-size: 13px; line-height: 1.35; color: var(--cx-text); -webkit-font-smoothing: antialiased; }
.cx[hidden], .cx [hidden] { display: none !important; }
.cx-heading { flex: none; padding: 10px 14px 0; }
.cx-title, .cx-subtitle { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.cx-title { margin: 0; font-size: 17px; font-weight: 650; letter-spacing: -0.01em; text-wrap: balance; overflow-wrap: anywhere; }
.cx-subtitle { margin: 2px 0 0; font-size: 13px; color: var(--cx-muted); overflow-wrap: anywhere; }
.cx-ranges { flex: none; display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; padding: 10px 12px 0; }
.cx-buttons { display: flex; flex-wrap: wrap; gap: 2px; }
.cx button { font: inherit; color: inherit; background: none; border: 0; border-radius: 6px; padding: 3px 9px; cursor: pointer; }
.cx button:hover:not(:disabled) { background: var(--cx-shade); }
.cx button:focus-visible, .cx-host:focus-visible, .cx input:focus-visible { outline: 2px solid var(--cx-accent); outline-offset: -2px; }
.cx button:disabled { color: var(--cx-muted); opacity: 0.5; cursor: default; }
.cx-buttons button { font-size: 12px; min-width: 34px; }
.cx-buttons button[aria-pressed="true"] { background: var(--cx-shade); color: var(--cx-accent); font-weight: 600; }
.cx-dates { display: flex; align-items: center; gap: 6px; margin-left: auto; color: var(--cx-muted); font-size: 12px; }
.cx-dates input { font: inherit; color: var(--cx-text); background: transparent; border: 1px solid var(--cx-line); border-radius: 6px; padding: 2px 6px; color-scheme: var(--cx-scheme); }
.cx-middle { flex: 1 1 0; display: flex; min-height: 40px; min-width: 0; }
.cx-column { position: relative; flex: 1 1 0; display: flex; flex-direction: column; min-width: 0; min-height: 0; }
.cx-host { position: relative; flex: 1 1 0; min-height: 0; min-width: 0; touch-action: pan-y; outline: none; border-radius: 4px; user-select: none; -webkit-user-select: none; }
.cx-host.cx-panning { cursor: grabbing; }
.cx-canvas { position: absolute; inset: 0; }
.cx-layer { position: absolute; pointer-events: none; }
.cx-layer[hidden] { display: none; }
.cx-over { position: absolute; inset: 0; pointer-events: none; overflow: hidden; }
.cx-cross { position: absolute; background: var(--cx-crosshair); }
.cx-cross.cx-band { background: var(--cx-shade); }
.cx-dot { position: absolute; box-sizing: border-box; width: 9px; height: 9px; margin: -4.5px 0 0 -4.5px; border-radius: 50%; border: 1.5px solid var(--cx-surface); }
.cx-box { position: absolute; background: var(--cx-shade); border: 1px solid var(--cx-accent); border-width: 0 1px; }
.cx-box.cx-swapped { border-width: 1px 0; }
.cx-tip { position: absolute; left: 0; top: 0; z-index: 5; max-width: min(420px, 92%); pointer-events: none; padding: 7px 10px 8px; border-radius: 8px; background: var(--cx-raised);
  border: 1px solid var(--cx-grid); box-shadow: 0 4px 16px rgba(0, 0, 0, 0.14), 0 1px 3px rgba(0, 0, 0, 0.10); font-size: 12px; white-space: pre-line; }
.cx-tip-head { color: var(--cx-muted); margin-bottom: 3px; overflow-wrap: anywhere; }
.cx-row { display: flex; align-items: baseline; gap: 7px; }
.cx-row + .cx-row { margin-top: 1px; }
.cx-row-name { flex: 1 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 220px; }
.cx-row-value { font-weight: 600; font-variant-numeric: tabular-nums; white-space: pre; padding-left: 10px; }
.cx-row-aside { color: var(--cx-muted); white-space: nowrap; }
.cx-details { color: var(--cx-muted); padding-left: 16px; white-space: pre-wrap; font-variant-numeric: tabular-nums; }
.cx-chip { flex: none; align-self: center; width: 9px; height: 9px; border-radius: 3px; }
.cx-reset { position: absolute; z-index: 4; border: 1px solid var(--cx-line) !important; background: var(--cx-raised) !important; font-size: 12px !important; box-shadow: 0 1px 4px rgba(0, 0, 0, 0.12); }
.cx-legend { flex: none; display: flex; flex-wrap: wrap; gap: 0 4px; padding: 2px 10px 10px; max-height: 30%; overflow: auto; font-size: 12.5px; }
.cx-legend.cx-side { flex-direction: column; flex-wrap: nowrap; max-height: none; max-width: 34%; padding: 10px; }
.cx-legend-title { flex-basis: 100%; color: var(--cx-muted); font-weight: 600; padding: 2px 8px; }
.cx-side .cx-legend-title { flex-basis: auto; }
.cx-legend button { display: flex; align-items: center; gap: 7px; padding: 3px 8px; max-width: 320px; min-width: 0; }
.cx-legend button > span:last-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.cx-legend button[aria-pressed="false"] { color: var(--cx-muted); text-decoration: line-through; }
.cx-legend button[aria-pressed="false"] .cx-mark { opacity: 0.25; }
.cx-mark { flex: none; width: 16px; height: 3px; border-radius: 2px; }
.cx-mark.cx-filled { width: 11px; height: 11px; border-radius: 3px; }
.cx-mark.cx-round { width: 9px; height: 9px; border-radius: 50%; }
.cx-overview { position: relative; flex: none; margin-bottom: 6px; touch-action: none; user-select: none; -webkit-user-select: none; }
.cx-overview canvas { position: absolute; }
.cx-window { position: absolute; cursor: grab; border: 1px solid var(--cx-accent); border-width: 0 1px; background: var(--cx-shade); }
.cx-window:active { cursor: grabbing; }
.cx-handle { position: absolute; width: 12px; margin-left: -6px; cursor: ew-resize; outline: none; display: flex; align-items: center; justify-content: center; }
.cx-handle::before { content: ''; width: 9px; height: 22px; border-radius: 4px; background: var(--cx-surface); border: 1.5px solid var(--cx-accent); }
.cx-handle::after { content: ''; position: absolute; width: 1px; height: 8px; background: var(--cx-accent); }
.cx-handle:focus-visible::before { outline: 2px solid var(--cx-accent); outline-offset: 1px; }
.cx-credits { position: absolute; right: 10px; bottom: 2px; font-size: 10px; color: var(--cx-muted); pointer-events: none; }
.cx-unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

let sheet: CSSStyleSheet | null = null;

/** Makes the look known to the document, once. */
export function adoptStyle(): void {
  if (sheet !== null) return;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

export function applyTheme(root: HTMLElement, theme: Theme, dark: boolean, font: string | undefined): void {
  for (const [name, value] of Object.entries(theme)) root.style.setProperty(`--cx-${name}`, String(value));
  root.style.setProperty('--cx-scheme', dark ? 'dark' : 'light');
  root.style.setProperty('--cx-font', font ?? FONT);
}
