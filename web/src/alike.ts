// How alike units respond, from the components of a layer's units (src/convscope/atlas/alike.py).

import type { Vectors } from "./map";
import type { AlikeData, Pair } from "./types";

function codesOf(data: AlikeData): Int8Array {
  const text = atob(data.codes);
  return Int8Array.from({ length: text.length - (text.length % data.rank) }, (_, i) => text.charCodeAt(i));
}

/**
 * The correlation of one unit's responses with those of each other unit that varies at all: [channel, correlation].
 * Those that are known exactly, its nearest, are as they are known, and no other is said to be nearer.
 */
export function likeness(data: AlikeData, unit: number, exact: Pair[] = []): Pair[] {
  const { rank } = data;
  const codes = codesOf(data);
  const count = codes.length / rank;
  const own = codes.subarray(unit * rank, (unit + 1) * rank);
  const known = new Set(exact.map(([other]) => other));
  const most = exact.at(-1)?.[1] ?? 1;
  const found: Pair[] = [...exact];
  if (!own.some((code) => code !== 0)) return [];
  for (let other = 0; other < count; other += 1) {
    let sum = 0;
    let varies = false;
    for (let i = 0; i < rank; i += 1) {
      const code = codes[other * rank + i] as number;
      sum += code * (own[i] as number);
      varies ||= code !== 0;
    }
    if (varies && other !== unit && !known.has(other)) found.push([other, Math.max(-1, Math.min(most, sum * data.scale ** 2))]);
  }
  return found;
}

const MAPPED = 32; // components that a map is made of: the leading ones say most

/** The leading components of some units, and those of them whose responses vary at all, which alone have a place. */
export function vectorsOf(data: AlikeData, units: number[]): { vectors: Vectors; units: number[] } {
  const codes = codesOf(data);
  const rank = Math.min(MAPPED, data.rank);
  const varied = units.filter((unit) => codes.subarray(unit * data.rank, (unit + 1) * data.rank).some((code) => code !== 0));
  const values = new Float32Array(varied.length * rank);
  varied.forEach((unit, i) => values.set(codes.subarray(unit * data.rank, unit * data.rank + rank), i * rank));
  return { vectors: { rank, values }, units: varied };
}

/** What the measure is, for people. */
export const measureOf = (data: AlikeData): string =>
  `correlation of strongest responses in ${data.images} images${data.error >= 0.005 ? `, ± ${data.error.toFixed(2)} beyond the nearest` : ""}`;
