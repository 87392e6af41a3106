import { expect, it } from "vitest";
import { likeness, measureOf, vectorsOf } from "../src/alike";
import { shardOf } from "../src/pages/Image";
import type { AlikeData, ProfileIndex } from "../src/types";

const codes = (rows: number[][]): AlikeData => ({
  layer: "x",
  images: 24,
  rank: rows[0]?.length ?? 0,
  scale: 0.01,
  error: 0.012,
  codes: Buffer.from(Int8Array.from(rows.flat()).buffer).toString("base64"),
});

it("multiplies signed bytes, leaving out units that do not vary", () => {
  const data = codes([[100, 0], [60, -80], [0, 0], [-100, 0]]);
  const found = likeness(data, 0);
  expect(found.map(([unit]) => unit)).toEqual([1, 3]);
  expect(found[0]?.[1]).toBeCloseTo(0.6);
  expect(found[1]?.[1]).toBe(-1);
  expect(likeness(data, 2)).toEqual([]);
  expect(measureOf(data)).toBe("correlation of strongest responses in 24 images, ± 0.01 beyond the nearest");
});

it("says the nearest exactly, and no other unit to be nearer", () => {
  const data = codes([[100, 0], [60, -80], [70, 0], [80, 0]]);
  expect(likeness(data, 0, [[1, 0.62], [2, 0.61]])).toEqual([[1, 0.62], [2, 0.61], [3, 0.61]]);
});

it("gives the components of the units that vary", () => {
  const found = vectorsOf(codes([[100, 1], [0, 0], [60, -80]]), [0, 1, 2]);
  expect(found.units).toEqual([0, 2]);
  expect([...found.vectors.values]).toEqual([100, 1, 60, -80]);
});

it("finds the script of an image", () => {
  const index = { starts: [0, 90, 200], images: [], names: [], labels: [], classes: {} } as ProfileIndex;
  expect([0, 89, 90, 199, 200, 5000].map((image) => shardOf(index, image, 64))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(shardOf({ ...index, starts: [3] }, 2, 64)).toBe(-1);
  expect(shardOf({ images: [5, 7, 9], names: [], labels: [], classes: {} }, 9, 2)).toBe(1);
});
