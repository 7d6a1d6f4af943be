/** Where this page stands: the server's root, the chart directory, and what the fragment carries. No DOM. */

export interface Address {
  /** The server's root as the browser sees it, ending in a slash: behind a proxy it is a path below the host. */
  readonly root: URL;
  /** The chart directory's segment, percent-encoded as it stands in the path; null: the gallery. */
  readonly segment: string | null;
  /** What the person reads for the segment. */
  readonly name: string;
  readonly token: string | null;
  readonly view: string | null;
}

const VIEW_ID = /^[0-9a-f]{8}$/;

/** Finds the address from the page's URL and the URL of the script, which lies in `assets/` below the root. */
export function locate(page: string, script: string): Address {
  const root = new URL('../', script);
  const here = new URL(page);
  const fragment = new URLSearchParams(here.hash.slice(1));
  const below = here.pathname.startsWith(root.pathname) ? here.pathname.slice(root.pathname.length) : '';
  const segment = below.split('/')[0] || null;
  const view = fragment.get('v');
  return {
    root,
    segment,
    name: segment === null ? '' : decodeSegment(segment),
    token: fragment.get('t'),
    view: view !== null && VIEW_ID.test(view) ? view : null,
  };
}

/** The address of a directory's chart, the token in its fragment. */
export function chartAddress(root: URL, segment: string, token: string | null): string {
  const address = new URL(`${encodeURIComponent(segment)}/`, root);
  if (token !== null) address.hash = new URLSearchParams({ t: token }).toString();
  return address.href;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
