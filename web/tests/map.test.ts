import { expect, it } from "vitest";
import { layOut } from "../src/map";
import { shapeOfMap } from "../src/parts/LayerMap";

/** Points of a regular grid in the plane, in a scrambled order. */
function scattered(columns: number, rows: number): { rank: number; values: Float32Array } {
  const count = columns * rows;
  const values = new Float32Array(2 * count);
  for (let i = 0; i < count; i += 1) {
    const at = (i * 37) % count;
    values.set([(at % columns) - columns / 2, Math.floor(at / columns) - rows / 2], 2 * i);
  }
  return { rank: 2, values };
}

/** The mean distance of what lies side by side. */
function apart({ rank, values }: { rank: number; values: Float32Array }, order: number[], columns: number): number {
  const of = (unit: number): number[] => [...values.subarray(unit * rank, (unit + 1) * rank)];
  const found = order.slice(1).flatMap((unit, i) => {
    if ((i + 1) % columns === 0) return [];
    const [a, b] = [of(unit), of(order[i] as number)];
    return [Math.hypot(...a.map((x, d) => x - (b[d] as number)))];
  });
  return found.reduce((sum, one) => sum + one, 0) / found.length;
}

it("puts every unit somewhere, once, and the same way each time", () => {
  const points = scattered(9, 7);
  const order = layOut(points, 10); // the last row is short
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 63 }, (_, i) => i));
  expect(layOut(points, 10)).toEqual(order);
});

it("lays out what is alike side by side", () => {
  const points = scattered(12, 9);
  const scrambled = apart(points, Array.from({ length: 108 }, (_, i) => i), 12);
  expect(apart(points, layOut(points, 12), 12)).toBeLessThan(1.5);
  expect(scrambled).toBeGreaterThan(4);
});

it("bears layers of one unit and of none", () => {
  expect(layOut({ rank: 3, values: new Float32Array(3) }, 1)).toEqual([0]);
  expect(layOut({ rank: 3, values: new Float32Array(0) }, 4)).toEqual([]);
});

it("has as many columns as fit, and tiles that fill them", () => {
  expect(shapeOfMap(512, 1000)).toEqual({ columns: 29, side: 30 });
  expect(shapeOfMap(64, 1000)).toEqual({ columns: 11, side: 64 });
  expect(shapeOfMap(512, 330).side).toBeGreaterThanOrEqual(28);
  expect(shapeOfMap(0, 0)).toEqual({ columns: 1, side: 28 });
});
