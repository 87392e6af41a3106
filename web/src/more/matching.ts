// Which units of two layers do the same: by correlation over the images that both know (src/convscope/atlas/common.py).

import type { ResponseData, ResponseIndex } from "../types";

/** Rows of images that two lists have in common, by name: in the one, in the other. */
export function shared(one: ResponseIndex, other: ResponseIndex): [number, number][] {
  const known = new Map(other.names.map((name, row) => [name, row]));
  return one.names.flatMap((name, row): [number, number][] => {
    const there = known.get(name);
    known.delete(name);
    return there === undefined ? [] : [[row, there]];
  });
}

/** Rows of units over some images, each without its mean and of length 1; those that do not vary are zero. */
function standard(data: ResponseData, rows: number[]): Float32Array[] {
  const text = atob(data.codes);
  return Array.from({ length: Math.floor(text.length / data.images) }, (_, unit) => {
    const row = Float32Array.from(rows, (at) => text.charCodeAt(unit * data.images + at));
    const mean = row.reduce((sum, value) => sum + value, 0) / Math.max(1, row.length);
    const length = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0));
    return row.map((value) => (length > 1e-6 ? (value - mean) / length : 0));
  });
}

export interface Match {
  unit: number;
  other: number;
  correlation: number;
  /** Whether no other unit is more like the other one. */
  mutual: boolean;
}

/** For each unit that varies the other layer's that is most like it, the likest first. */
export function matches(one: ResponseData, other: ResponseData, common: [number, number][]): Match[] {
  const [mine, theirs] = [standard(one, common.map(([row]) => row)), standard(other, common.map(([, row]) => row))];
  const best = mine.map(() => ({ at: -1, value: -2 }));
  const back = theirs.map(() => ({ at: -1, value: -2 }));
  mine.forEach((row, i) => {
    if (!row.some(Boolean)) return;
    theirs.forEach((column, j) => {
      let sum = 0;
      for (let n = 0; n < row.length; n += 1) sum += (row[n] as number) * (column[n] as number);
      const [here, there] = [best[i], back[j]];
      if (here && sum > here.value) best[i] = { at: j, value: sum };
      if (there && sum > there.value) back[j] = { at: i, value: sum };
    });
  });
  return best
    .flatMap(({ at, value }, unit) => (at < 0 ? [] : [{ unit, other: at, correlation: Math.min(1, value), mutual: back[at]?.at === unit }]))
    .sort((a, b) => b.correlation - a.correlation || a.unit - b.unit);
}
