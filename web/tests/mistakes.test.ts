import { expect, test } from "vitest";
import type { Row } from "../src/mistakes/data";
import { fillsMatrix, filterOf, mended, passes, toList, toMistake } from "../src/mistakes/data";

const row: Row = { i: 12, key: "12-1", name: "a/Dog.jpg", t: 1, a: 2, d: 3, z: [4, 1], p: [0.9, 0.1], rank: 2 };
const none = filterOf(new URLSearchParams());

test("an address holds the whole choice, and gives it back", () => {
  const filter = { label: 1, answer: 0, only: "mended", q: "dog & cat" };
  const address = toList(none, filter);
  expect(filterOf(new URLSearchParams(address.slice(address.indexOf("?"))))).toEqual(filter);
  expect(toList(none)).toBe("#/");
  expect(toMistake("12-1", filter)).toMatch(/^#\/m\/12-1\?label=1&answer=0/);
  expect(filterOf(new URLSearchParams("label=x&answer=-1"))).toEqual(none);
});

test("pairs are a matrix where it is not mostly empty", () => {
  const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(fillsMatrix(ten, ten, 70)).toBe(true);
  expect(fillsMatrix(ten, ten, 30)).toBe(true); // with the ten that tell what was right
  expect(fillsMatrix(ten, ten, 29)).toBe(false);
  expect(fillsMatrix([0, 1], ten, 20)).toBe(false);
  expect(fillsMatrix(Array.from({ length: 17 }, (_, n) => n), ten, 170)).toBe(false);
});

test("mistakes are filtered by pair, by what was found, and by name", () => {
  expect(passes(row, none)).toBe(true);
  expect(passes(row, { ...none, label: 1, answer: 2, q: "dog" })).toBe(true);
  expect(passes(row, { ...none, label: 2 })).toBe(false);
  expect(passes(row, { ...none, answer: 1 })).toBe(false);
  expect(passes(row, { ...none, only: "explained" })).toBe(false);
  expect(passes({ ...row, box: [0, 0, 1, 1], covered: 2 }, { ...none, only: "explained" })).toBe(true);
});

test("a mistake is mended where one square or one unit brings the label back", () => {
  expect(mended(row)).toBe(false);
  expect(mended({ ...row, box: [0, 0, 1, 1], covered: 0, unit: null })).toBe(false);
  expect(mended({ ...row, box: [0, 0, 1, 1], covered: 1, unit: null })).toBe(true);
  expect(mended({ ...row, box: [0, 0, 1, 1], covered: 2, unit: "relu:3" })).toBe(true);
});
