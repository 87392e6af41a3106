import { expect, it } from "vitest";
import { likeness, measureOf } from "../src/alike";
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
  expect(measureOf(data)).toBe("correlation of responses to 24 images, ± 0.01");
});

it("finds the script of an image", () => {
  const index = { starts: [0, 90, 200], images: [], names: [], labels: [], classes: {} } as ProfileIndex;
  expect([0, 89, 90, 199, 200, 5000].map((image) => shardOf(index, image, 64))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(shardOf({ ...index, starts: [3] }, 2, 64)).toBe(-1);
  expect(shardOf({ images: [5, 7, 9], names: [], labels: [], classes: {} }, 9, 2)).toBe(1);
});
