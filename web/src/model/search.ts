/** How well the name of a series answers what was typed. */

/** 4: it is what was typed, letter by letter; 3: but for capitals; 2: it begins so; 1: it holds it; 0: none of these. */
export function closeness(name: string, typed: string): number {
  const [wanted, small] = [typed.trim(), name.toLowerCase()];
  if (name === wanted) return 4;
  const lower = wanted.toLowerCase();
  return small === lower ? 3 : small.startsWith(lower) ? 2 : small.includes(lower) ? 1 : 0;
}
