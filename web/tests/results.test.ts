import { describe, expect, it } from "vitest";
import { matches, shared } from "../src/more/matching";
import { edgesOf } from "../src/more/Covered";
import { coloursOf, spaced, spanOf, ticksOf } from "../src/more/Chart";
import { ordered, unfold } from "../src/more/Epochs";
import { kindOf } from "../src/more/Experiments";
import { columnsOf } from "../src/more/ResultTable";
import { verdicts } from "../src/parts/Truth";
import type { ChartSeries, EvolutionPart, Experiment } from "../src/types";

const series = (values: (number | null)[], more: Partial<ChartSeries> = {}): ChartSeries => ({ name: "a", look: "measured", values, ...more });

describe("a chart", () => {
  it("spans what is drawn with its intervals, from zero where that is near", () => {
    expect(spanOf([series([0.2, null, 0.9], { low: [0.1, null, null], high: [1.2, null, null] })])).toEqual([0, 1.2]);
    expect(spanOf([series([0.8, 0.9])])).toEqual([0.8, 0.9]);
    expect(spanOf([series([-0.1, -2])])).toEqual([-2, 0]);
    expect(spanOf([series([3, 3])])).toEqual([2.5, 3.5]);
    expect(spanOf([series([null])])).toEqual([0, 1]);
  });
  it("has round numbers beside it", () => {
    expect(ticksOf([0, 1])).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf([-60, 60])).toEqual([-50, 0, 50]);
    expect(ticksOf([0.31, 0.42])).toEqual([0.35, 0.4]);
  });
  it("has no more of them across than stand side by side", () => {
    expect(spaced([0, 1], 500)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(spaced([0, 1], 150)).toEqual([0, 0.5, 1]);
    expect(spaced([1, 4], 500, true)).toEqual([1, 2, 3, 4]); // epochs are whole
    for (const room of [60, 120, 200, 300]) {
      const found = spaced([0, 48000], room);
      expect(found.slice(1).every((at, i) => ((at - (found[i] as number)) * room) / 48000 > 30)).toBe(true);
    }
  });
  it("shows what is to be compared in the colour of what it is compared with", () => {
    expect(coloursOf([series([1]), series([1], { name: "b" }), series([1], { name: "b, random weights", look: "compared" }), series([1], { name: "chance", look: "compared" })])).toEqual([0, 1, 1, 7]);
  });
});

it("what an experiment is has words of its own, or its own word", () => {
  expect(["paper", "check", "tuning"].map(kindOf)).toEqual(["The paper's claims", "Check of the network", "Tuning"]);
});

it("places of an image lie side by side and fill it", () => {
  expect(edgesOf([6, 12, 18, 42], 48)).toEqual([0, 9, 15, 30, 48]);
  expect(edgesOf([24], 48)).toEqual([0, 48]);
});

describe("a table", () => {
  it("shows the columns that are told of, in that order and in words", () => {
    const rows = [["conv1", "0.5", "x"]];
    expect(columnsOf(["layer", "p", "note"], rows, { p: ["Rank", "Of places."], gone: ["", ""], layer: ["Layer", ""] })).toEqual([
      { at: 1, name: "p", head: "Rank", note: "Of places.", right: true },
      { at: 0, name: "layer", head: "Layer", note: "", right: false },
    ]);
    expect(columnsOf(["layer", "p"], rows).map((one) => one.head)).toEqual(["layer", "p"]);
  });
});

describe("an evolution", () => {
  const part = {
    steps: [
      [[0, 4, 0, 0, 5, 5], [1, 2, 0, 0, 5, 5], [2, -1, 0, 0, 5, 5]],
      [[1, 3, 1, 1, 6, 6]],
      [[1, 2, 0, 0, 5, 5], [2, 7, 0, 0, 5, 5]],
    ],
    like: [[0.9, 0.1, null], [0.95, 0.5, null], [1, 1, null]],
  } as unknown as EvolutionPart;
  it("is what it was where nothing changed", () => {
    const seen = unfold(part);
    expect(seen.map((now) => now.map((one) => one.image))).toEqual([[4, 2, -1], [4, 3, -1], [4, 2, 7]]);
    expect(seen[1]?.[1]?.box).toEqual([1, 1, 6, 6]);
    expect(seen[0]?.[1]?.box).toEqual([0, 0, 5, 5]);
  });
  it("sorts units by how much they changed, those that cannot be compared last", () => {
    expect(ordered(part, "index")).toEqual([0, 1, 2]);
    expect(ordered(part, "most")).toEqual([1, 0, 2]);
    expect(ordered(part, "least")).toEqual([0, 1, 2]);
    expect(ordered(part, "jumps")).toEqual([1, 2, 0]);
  });
});

describe("units of two atlases", () => {
  const codes = (rows: number[][]): string => btoa(String.fromCharCode(...rows.flat()));
  it("are matched over the images that both have, whatever their order and scale", () => {
    const common = shared({ images: [0, 1, 2, 3], names: ["a", "b", "c", "x"] }, { images: [5, 6, 7], names: ["c", "a", "b"] });
    expect(common).toEqual([[0, 1], [1, 2], [2, 0]]);
    const one = { layer: "l", images: 4, codes: codes([[0, 100, 200, 9], [200, 100, 0, 0], [7, 7, 7, 200]]) };
    const other = { layer: "m", images: 3, codes: codes([[40, 0, 20], [9, 9, 9], [0, 60, 30]]) };
    const found = matches(one, other, common);
    expect(found.map(({ unit, other: there, mutual }) => [unit, there, mutual])).toEqual([[0, 0, true], [1, 2, true]]);
    for (const match of found) expect(match.correlation).toBeCloseTo(1, 5);
  });
  it("that bear a name twice are taken once", () => {
    expect(shared({ images: [0, 1], names: ["a", "a"] }, { images: [0], names: ["a"] })).toEqual([[0, 0]]);
  });
});

it("verdicts come with the list, or from the tables of lists of old", () => {
  const made = { kind: "sanity", name: "s", verdicts: [["conv1", "deconvnet", "what"]], shown: null } as unknown as Experiment;
  const old = { kind: "sanity", name: "s", shown: { columns: ["rule", "layer", "verdict"], rows: [["deconvnet", "conv1", "what"]], count: 1 } } as unknown as Experiment;
  const wanted = [{ layer: "conv1", rule: "deconvnet", verdict: "what", experiment: "s" }];
  expect(verdicts([made])).toEqual(wanted);
  expect(verdicts([old])).toEqual(wanted);
});
