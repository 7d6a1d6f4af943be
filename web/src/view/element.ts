/** DOM elements from data. Text goes in as text, never as HTML: names are hostile. */

type Child = Node | string | null;

interface Properties {
  readonly class?: string;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** Attributes: true sets it empty, false and undefined leave it out. */
  readonly [attribute: string]: unknown;
}

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Properties = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'on') for (const [type, listener] of Object.entries(properties.on ?? {})) element.addEventListener(type, listener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Replaces all children. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child) => child !== null));
}

const SVG = 'http://www.w3.org/2000/svg';

const PATHS = {
  update: 'M20 11a8 8 0 0 0-14.3-4L4 9M4 4v5h5M4 13a8 8 0 0 0 14.3 4l1.7-2M20 20v-5h-5',
  live: 'M4 12h3l3-8 4 16 3-8h3',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 4.5v5M8 14.5v5',
  export: 'M12 4v11M7.5 11 12 15.5 16.5 11M4 19.5h16',
  close: 'M6 6l12 12M18 6 6 18',
  note: 'M12 8v5M12 16.5v.01M12 3.5 21.5 20h-19z',
  chart: 'M4 4v16h16M8 15l4-5 3 3 5-7',
} as const;

export function icon(name: keyof typeof PATHS): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
