import { beforeEach, expect, it } from "vitest";
import { marksOf, notesOf } from "../src/marks";
import { notesIn } from "../src/parts/Marked";
import type { Manifest } from "../src/types";

const network = (fingerprint: string): Manifest => ({ model: { fingerprint } }) as Manifest;
const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  globalThis.localStorage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) } as unknown as Storage;
});

it("keeps marks and notes of each network by themselves", () => {
  const marks = marksOf(network("a"));
  expect(marks.toggle("x:1")).toBe(true);
  marks.write("x:2", "eyes");
  expect(marksOf(network("a")).all()).toEqual({ "x:1": "", "x:2": "eyes" });
  expect(marksOf(network("b")).all()).toEqual({});
  expect(marks.toggle("x:2")).toBe(false);
  expect(marks.has("x:2")).toBe(false);
});

it("takes in what others wrote where it says more", () => {
  const marks = marksOf(network("a"));
  marks.write("x:1", "a long note");
  expect(marks.merge({ "x:1": "short", "x:3": "" })).toBe(1);
  expect(marks.all()).toEqual({ "x:1": "a long note", "x:3": "" });
});

it("takes nothing from files that are no notes", () => {
  expect([notesOf("[1]"), notesOf("{"), notesOf('{"x:1": 3, "x:2": "y"}'), notesOf(null)]).toEqual([{}, {}, { "x:2": "y" }, {}]);
  expect(notesIn('{"fingerprint": "other", "notes": {}}', "a")).toBeNull();
  expect(notesIn('{"fingerprint": "a", "notes": {"x:1": "n"}}', "a")).toEqual({ "x:1": "n" });
  expect(notesIn("no json", "a")).toEqual({});
});
