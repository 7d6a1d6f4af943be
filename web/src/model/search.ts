/** Which series are offered for what was typed. */
import type { Listing, Series } from './listing';

/** 4: it is what was typed, letter by letter; 3: but for capitals and accents; 2: it begins so; 1: it holds it; 0: none of these. */
export function closeness(name: string, typed: string): number {
  return closenessOf(name, plain(name), typed.trim(), plain(typed.trim()));
}

function closenessOf(name: string, plainName: string, typed: string, plainTyped: string): number {
  if (name === typed) return 4;
  return plainName === plainTyped ? 3 : plainName.startsWith(plainTyped) ? 2 : plainName.includes(plainTyped) ? 1 : 0;
}

/** Most names: they have no accents to be looked for. */
const PLAIN = /^[ -~]*$/;

/** Without capitals and accents. */
function plain(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Names as they are searched, once for each listing. */
const prepared = new WeakMap<Listing, readonly string[]>();

function plainNames(listing: Listing): readonly string[] {
  const known = prepared.get(listing) ?? listing.series.map((one) => plain(one.name));
  prepared.set(listing, known);
  return known;
}

/** At most `most` series that hold every word of `typed`, in any order: those closest to it first, else in the listing's order. */
export function matches(listing: Listing, typed: string, most: number, without: ReadonlySet<string>): Series[] {
  const words = plain(typed).split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return firstOf(listing, most, without);
  const names = plainNames(listing);
  const [wanted, plainWanted] = [typed.trim(), plain(typed.trim())];
  const ranks: Series[][] = [[], [], [], [], []];
  listing.series.forEach((one, i) => {
    const name = names[i]!;
    if (without.has(one.file) || !words.every((word) => name.includes(word))) return;
    const rank = ranks[closenessOf(one.name, name, wanted, plainWanted)]!;
    if (rank.length < most) rank.push(one);
  });
  return ranks.reverse().flat().slice(0, most);
}

function firstOf(listing: Listing, most: number, without: ReadonlySet<string>): Series[] {
  const found: Series[] = [];
  for (const one of listing.series) {
    if (found.length >= most) break;
    if (!without.has(one.file)) found.push(one);
  }
  return found;
}
