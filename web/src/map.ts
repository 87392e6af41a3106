// A layer's units laid out on a grid so that those that respond alike lie side by side: a map of the layer.
//
// Places are swapped, two at a time, where that brings both units nearer to what lies around: the mean over a window
// that begins as wide as the map and shrinks (after Strong and Gong 2014, Self-sorting map).

/** Rows of numbers of equal length; products of rows say how alike they are. */
export interface Vectors {
  rank: number;
  values: Float32Array;
}

const SWEEPS = 12; // rounds of swaps for each size of the window
const SHRINK = 0.7;

/** Random numbers below `most`, the same ones each time. */
function dice(): (most: number) => number {
  let state = 0x2545f491;
  return (most) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % most;
  };
}

/** The mean of the vectors within `reach` rows and columns of each place. */
function surroundings(from: Float32Array, rank: number, columns: number, rows: number, count: number, reach: number): Float32Array {
  const sums = new Float32Array(from.length);
  const found = new Float32Array(from.length);
  // Along the rows, then along the columns; the last row may be short.
  for (let y = 0; y < rows; y += 1) {
    const width = Math.min(columns, count - y * columns);
    for (let x = 0; x < width; x += 1) {
      for (let other = Math.max(0, x - reach); other <= Math.min(width - 1, x + reach); other += 1) {
        for (let d = 0; d < rank; d += 1) sums[(y * columns + x) * rank + d] = (sums[(y * columns + x) * rank + d] as number) + (from[(y * columns + other) * rank + d] as number);
      }
    }
  }
  for (let place = 0; place < count; place += 1) {
    const [x, y] = [place % columns, Math.floor(place / columns)];
    let weight = 0;
    for (let other = Math.max(0, y - reach); other <= Math.min(rows - 1, y + reach); other += 1) {
      if (other * columns + x >= count) continue;
      const width = Math.min(columns, count - other * columns);
      weight += Math.min(width - 1, x + reach) - Math.max(0, x - reach) + 1;
      for (let d = 0; d < rank; d += 1) found[place * rank + d] = (found[place * rank + d] as number) + (sums[(other * columns + x) * rank + d] as number);
    }
    for (let d = 0; d < rank; d += 1) found[place * rank + d] = (found[place * rank + d] as number) / weight;
  }
  return found;
}

/** Which unit lies at each place of a grid of so many columns, row by row: a permutation of 0, 1, ... */
export function layOut(vectors: Vectors, columns: number): number[] {
  const { rank, values } = vectors;
  const count = Math.floor(values.length / rank);
  const rows = Math.ceil(count / columns);
  const order = byFirst(vectors, count, columns);
  const placed = new Float32Array(count * rank);
  order.forEach((unit, place) => placed.set(values.subarray(unit * rank, (unit + 1) * rank), place * rank));
  const roll = dice();
  const swap = new Float32Array(rank);
  for (let reach = Math.max(1, Math.floor(Math.max(columns, rows) / 2)); ; reach = Math.floor(reach * SHRINK)) {
    const target = surroundings(placed, rank, columns, rows, count, Math.max(1, reach));
    for (let turn = SWEEPS * count; turn > 0; turn -= 1) {
      const a = roll(count);
      const y = Math.floor(a / columns) + roll(2 * reach + 3) - reach - 1;
      const x = (a % columns) + roll(2 * reach + 3) - reach - 1;
      const b = y * columns + x;
      if (x < 0 || y < 0 || x >= columns || b >= count || a === b) continue;
      let gain = 0;
      for (let d = 0; d < rank; d += 1) gain += ((placed[a * rank + d] as number) - (placed[b * rank + d] as number)) * ((target[b * rank + d] as number) - (target[a * rank + d] as number));
      if (gain <= 0) continue;
      swap.set(placed.subarray(a * rank, (a + 1) * rank));
      placed.copyWithin(a * rank, b * rank, (b + 1) * rank);
      placed.set(swap, b * rank);
      [order[a], order[b]] = [order[b] as number, order[a] as number];
    }
    if (reach <= 1) return order;
  }
}

/** A first order: rows by the first number, places within a row by the second. */
function byFirst({ rank, values }: Vectors, count: number, columns: number): number[] {
  const at = (d: number) => (a: number, b: number): number => (values[b * rank + d] as number) - (values[a * rank + d] as number) || a - b;
  const order = Array.from({ length: count }, (_, i) => i).sort(at(0));
  if (rank < 2) return order;
  const rows = [];
  for (let first = 0; first < count; first += columns) rows.push(order.slice(first, first + columns).sort(at(1)));
  return rows.flat();
}
