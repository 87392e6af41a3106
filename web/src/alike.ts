// How alike units respond, from the components of a layer's units (src/convscope/atlas/alike.py).

import type { AlikeData } from "./types";

/** The correlation of one unit's responses with those of each other unit that varies at all: [channel, correlation]. */
export function likeness(data: AlikeData, unit: number): [number, number][] {
  const text = atob(data.codes);
  const { rank } = data;
  const count = Math.floor(text.length / rank);
  const codes = Int8Array.from({ length: count * rank }, (_, i) => text.charCodeAt(i));
  const own = codes.subarray(unit * rank, (unit + 1) * rank);
  const found: [number, number][] = [];
  if (!own.some((code) => code !== 0)) return found;
  for (let other = 0; other < count; other += 1) {
    let sum = 0;
    let varies = false;
    for (let i = 0; i < rank; i += 1) {
      const code = codes[other * rank + i] as number;
      sum += code * (own[i] as number);
      varies ||= code !== 0;
    }
    if (varies && other !== unit) found.push([other, Math.max(-1, Math.min(1, sum * data.scale ** 2))]);
  }
  return found;
}

/** What the measure is, for people. */
export const measureOf = (data: AlikeData): string =>
  `correlation of responses to ${data.images} images${data.error >= 0.005 ? `, ± ${data.error.toFixed(2)}` : ""}`;
