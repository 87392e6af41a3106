// What a search finds: texts are looked through here, and ordered by how well they fit.

/** How well texts fit what is sought, 0 best; null for those that lack one of its words. */
export function matcher(sought: string): (text: string) => number | null {
  const want = sought.trim().toLowerCase();
  const words = want.split(/\s+/).map((word) => ({ word, begun: new RegExp(`(^|[^\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}`, "u") }));
  return (text) => {
    const all = text.toLowerCase();
    if (!want || !words.every(({ word }) => all.includes(word))) return null;
    if (all === want) return 0;
    if (all.startsWith(want)) return 1;
    return words.every(({ begun }) => begun.test(all)) ? 2 : 3;
  };
}

/** Those of a list that fit, best first, equal ones in their order; at most `most`, and how many there are. */
export function seek<T>(list: readonly T[], textsOf: (one: T) => readonly (string | null | undefined)[], sought: string, most: number): { found: T[]; count: number } {
  const fits = matcher(sought);
  const ranked = list.flatMap((one, at) => {
    const ranks = textsOf(one).flatMap((text) => (text ? (fits(text) ?? []) : []));
    return ranks.length ? [{ one, at, rank: Math.min(...ranks) }] : [];
  });
  ranked.sort((a, b) => a.rank - b.rank || a.at - b.at);
  return { found: ranked.slice(0, most).map(({ one }) => one), count: ranked.length };
}

/** A unit, and on how many of some images it is among the strongest. */
export interface Topping {
  layer: number;
  channel: number;
  images: number;
  /** Its best place among them, from 0. */
  rank: number;
}

/** Units that are among the strongest on images, those on most of them first, then by their best place. */
export function topping(wins: Iterable<readonly [number, number, number]>): Topping[] {
  const found = new Map<string, Topping>();
  for (const [layer, channel, rank] of wins) {
    const key = `${layer}:${channel}`;
    const one = found.get(key) ?? { layer, channel, images: 0, rank };
    found.set(key, { ...one, images: one.images + 1, rank: Math.min(one.rank, rank) });
  }
  return [...found.values()].sort((a, b) => b.images - a.images || a.rank - b.rank || b.layer - a.layer || a.channel - b.channel);
}
