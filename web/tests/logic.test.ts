import { describe, expect, it } from "vitest";
import { placed, svgOf } from "../src/downloads";
import { arrange, readView, writeView } from "../src/layerview";
import { inBin } from "../src/parts/Details";
import { alongBins } from "../src/parts/Histogram";
import { visible } from "../src/parts/Grid";
import { boxAt } from "../src/parts/Strong";
import { stations } from "../src/pages/Home";
import { binOf } from "../src/parts/Spread";
import { losses, nearestTo } from "../src/more/Covered";
import { moved, partOf } from "../src/parts/Tile";
import { verdicts } from "../src/parts/Truth";
import type { Experiment, LayerData, LayerEntry, NetworkLayer, UnitData } from "../src/types";
import { bytes, isLike, listed, readable, roleOf, short } from "../src/words";

const layer = { name: "conv", channels: 5, field: { size: [3, 5], stride: [2, 4], offset: [-1, -2], regular: true } } as unknown as LayerEntry;
const data: LayerData = {
  id: "00-conv",
  name: "conv",
  maximum: [3, 1, null, 0, 3],
  mean: [0.1, 0.4, 0.2, 0, 0.3],
  active: [0, 0, 0, 0, 0],
  dead: [3],
  nan: [],
  histogram: { edges: [], counts: [] },
  topClass: [7, 7, 9, -1, 9],
};
const view = (text: string) => readView(new URLSearchParams(text));

describe("the units of a layer", () => {
  it("are sorted by a column, equal ones by index, those without a number last", () => {
    expect(arrange(layer, data, view("sort=maximum")).units).toEqual([0, 4, 1, 3, 2]);
    expect(arrange(layer, data, view("sort=maximum&up=1")).units).toEqual([3, 1, 0, 4, 2]);
    expect(arrange(layer, data, view("")).units).toEqual([0, 1, 2, 3, 4]);
    expect(arrange(layer, data, view("up=0")).units).toEqual([4, 3, 2, 1, 0]);
  });
  it("come nearest first, the unit itself before all", () => {
    expect(arrange(layer, data, view("sort=similar&near=2"), { nearest: [[4, 0.9], [0, 0.5]] }).units).toEqual([2, 4, 0, 1, 3]);
  });
  it("are sorted by their likeness to their controls, those that have none last", () => {
    const controls = [0.5, null, 0.97, null, 0.2];
    expect(arrange(layer, data, view("sort=control"), { controls }).units).toEqual([2, 0, 4, 1, 3]);
    expect(arrange(layer, data, view("sort=control&up=1"), { controls }).units).toEqual([4, 0, 2, 1, 3]);
    expect(arrange(layer, data, view("sort=control")).units).toEqual([0, 1, 2, 3, 4]); // while they are on their way
  });
  it("are sorted by what survives a change, those of which nothing is known last", () => {
    const tuned = [0.5, null, 1.1, null, 0];
    expect(arrange(layer, data, view("sort=grey"), { measured: tuned }).units).toEqual([2, 0, 4, 1, 3]);
    expect(arrange(layer, data, view("sort=turned&up=1"), { measured: tuned }).units).toEqual([4, 0, 2, 1, 3]);
  });
  it("are sorted by what is lost without them, those that were not silenced last", () => {
    const lost = [0.1, null, -0.2, 0.3, null];
    expect(arrange(layer, data, view("sort=lost"), { measured: lost }).units).toEqual([3, 0, 2, 1, 4]);
    expect(arrange(layer, data, view("sort=falls&up=1"), { measured: lost }).units).toEqual([2, 0, 3, 1, 4]);
    expect(readView(new URLSearchParams("sort=lost")).sort).toBe("lost");
  });
  it("look like their controls above 0.9 by the median, where one is known", () => {
    const of = (median: number | null): boolean => isLike({ control: { median, units: 3 } });
    expect([of(0.9), of(0.91), of(null), isLike({})]).toEqual([false, true, false, false]);
  });
  it("are counted for every choice of a filter, the other filters applied", () => {
    const found = arrange(layer, data, view("class=7&alive=alive"));
    expect(found.units).toEqual([0, 1]);
    expect(found.counts.alive).toEqual({ all: 2, alive: 2, dead: 0 });
    expect([...found.counts.classes]).toEqual([[7, 2], [9, 2]]);
    expect(arrange(layer, data, view("low=2")).units).toEqual([0, 4]);
    expect(arrange(layer, data, view("low=0&high=1")).units).toEqual([1, 3]);
  });
  it("are filtered by their likeness to their controls, those without one left out", () => {
    const controls = [0.5, null, 0.97, null, 0.2];
    expect(arrange(layer, data, view("like=like"), { controls }).units).toEqual([2]);
    expect(arrange(layer, data, view("like=unlike&alive=alive"), { controls }).units).toEqual([0, 4]);
    expect(arrange(layer, data, view("like=like"), { controls }).counts.like).toEqual({ all: 5, unlike: 2, like: 1 });
    expect(arrange(layer, data, view("like=like")).units).toHaveLength(5); // while it is on its way
    expect(readView(new URLSearchParams("like=constructor")).like).toBe("all");
  });
  it("may be those alone that were marked, which other filters count too", () => {
    const marked = new Set([1, 3, 4]);
    expect(arrange(layer, data, view("marked=1"), { marked }).units).toEqual([1, 3, 4]);
    expect(arrange(layer, data, view("marked=1&alive=alive"), { marked }).counts.alive).toEqual({ all: 3, alive: 2, dead: 1 });
    expect(arrange(layer, data, view("alive=alive"), { marked }).counts.marked).toBe(2);
    expect(arrange(layer, data, view("low=2&alive=alive"), {}).counts.maxima).toEqual([3, 1, 3]);
  });
  it("keep their view in the address", () => {
    for (const text of ["", "view=photos&sort=mean&up=1&class=7&low=0.5&q=do&marked=1"]) {
      const read = view(text);
      const written = new URLSearchParams(Object.entries(writeView(read)).flatMap(([k, v]) => (v === null || v === "" ? [] : [[k, String(v)]])));
      expect(readView(written)).toEqual(read);
    }
    expect(view("sort=constructor&view=x&low=abc")).toEqual(view(""));
  });
});

describe("pictures and plots", () => {
  it("show only the rows of a grid that are near the window", () => {
    expect(visible(100, 330, { width: 100, height: 50 }, 10, 0, 300)).toEqual({ columns: 3, step: 113, first: 0, last: 36, height: 34 * 60 - 10 });
    expect(visible(100, 330, { width: 100, height: 50 }, 10, 0, 300, 2)).toMatchObject({ columns: 2, step: 110 });
    expect(visible(100, 50, { width: 100, height: 50 }, 10, 3000, 3300).columns).toBe(1);
    expect(visible(0, 300, { width: 100, height: 50 }, 10, 0, 300)).toMatchObject({ first: 0, last: 0, height: 0 });
  });
  it("place a value within its bin, also in bins without an end", () => {
    const edges = [0, 1, 2, 4];
    expect([-1, 0.5, 3, 9].map((value) => alongBins(edges, value))).toEqual([0, 0.5, 2.5, 3]);
    expect(alongBins([0, 1, Infinity], 5)).toBe(1.5);
  });
  it("count values in bins of equal width, the largest in the last", () => {
    expect([0, 0.24, 0.25, 0.99, 1].map((value) => binOf(value, 0, 1, 4))).toEqual([0, 0, 1, 3, 3]);
    expect(binOf(1, 1, 1, 4)).toBeNull();
  });
  it("find the pixels a position sees", () => {
    expect(boxAt(layer, 2, 1, [3, 9, 9])).toEqual([3, 2, 6, 7]);
    expect(boxAt({ ...layer, field: null }, 0, 0, [3, 9, 8])).toEqual([0, 0, 9, 8]);
  });
  it("lay photos left and projections right, cell by cell", () => {
    const plan = placed(3, 9, 10, 10);
    const [photo, projection] = [plan.cells[4], plan.cells[13]];
    expect(photo?.y).toBe(projection?.y);
    expect((projection?.x ?? 0) - (photo?.x ?? 0)).toBe(3 * 10 + 2 * 4 + 16);
    expect(plan.height).toBe(38);
    const alone = placed(3, 9, 10, 10, 0, "projections");
    expect(alone.cells.map((cell) => [cell.panel, cell.x])[0]).toEqual([1, 0]);
    expect([alone.cells.length, alone.width]).toEqual([9, 38]);
  });
  it("escape every name in a picture file", () => {
    const sprite = { columns: 3, width: 4, height: 4 };
    const text = svgOf("data:,", { width: 1, height: 1 }, { name: "<x>&", sprite, tile: { enlarge: 1 } } as unknown as LayerEntry, { channel: 1, name: '"', images: [0], values: [1] } as unknown as UnitData);
    expect(text).not.toContain("<x>");
    expect(text).toContain("&#60;x&#62;&#38;:1 &#34;");
  });
});

describe("parts of pictures", () => {
  const unit = { boxes: [[10, 10, 30, 50], [0, 0, 4, 4], [0, 0, 4, 4]], content: [[15, 20, 25, 40], [0, 0, 4, 4], [0, 0, 0, 0]] } as unknown as UnitData;
  it("are where the projection is, in fractions of the field", () => {
    expect(partOf(unit, 0)).toEqual([0.25, 0.25, 0.5, 0.5]);
    expect([partOf(unit, 1), partOf(unit, 2), partOf(unit, 3), partOf({ boxes: unit.boxes }, 0)]).toEqual([null, null, null, null]);
  });
  it("are enlarged around the pointer and moved within the picture", () => {
    expect(moved([0, 0, 1], { times: 2, at: [1, 0] })).toEqual([0.5, 0, 0.5]);
    expect(moved([0.5, 0, 0.5], { times: 2, at: [0.5, 0.5] })).toEqual([0.625, 0.125, 0.25]);
    expect(moved([0.5, 0.5, 0.5], { down: 1, right: -0.5 })).toEqual([0.5, 0.25, 0.5]);
    expect(moved([0.5, 0.5, 0.5], { times: 1 / 8 })).toEqual([0, 0, 1]);
    expect(moved([0, 0, 1], { times: 100 })[2]).toBe(1 / 8);
  });
  it("of a histogram lead to an example, or to lower responses of that share", () => {
    const of = { values: [10, 9.5, null], maximum: 10 } as Pick<UnitData, "values" | "maximum">;
    expect([inBin(of, 9, 11), inBin(of, 8, 9), inBin(of, 1, 2), inBin(of, 0, 0), inBin(of, -2, -1)]).toEqual([{ n: 1 }, { share: 1 }, { share: 4 }, null, null]);
  });
});

describe("what covering does", () => {
  it("is known by the square nearest to a place", () => {
    expect(nearestTo([[0, 0, 4, 4], [0, 4, 4, 8], [4, 0, 8, 4]], 7, 1)).toBe(2);
  });
  it("is shown as a share of the worst loss; gains are none", () => {
    expect(losses(1, [0.5, 1.2, 0, null])).toEqual({ share: [0.5, 0, 1, 0], worst: 2 });
    expect(losses(null, [1, null]).share).toEqual([0, 0]);
  });
});

describe("what is known of layers", () => {
  it("is what they are in their blocks", () => {
    const network = ["a.0", "a.1.x", "a.1.y", "a.1.cat", "a.2", "b"].map((name) => ({ name }));
    expect(["a.1.cat", "a.1.x", "a.2", "b"].map((name) => roleOf(name, network))).toEqual(["output of a.1", "", "output of a", ""]);
    const fire = ["f.3.squeeze", "f.3.expand1x1", "f.3.cat"].map((name) => ({ name, op: name.slice(4) }));
    expect(roleOf("f.3.cat", fire)).toBe("fire 3, output");
    const block = ["l.0.conv1", "l.0.conv2", "l.0.add", "l.0.relu"].map((name) => ({ name, op: name.slice(4) }));
    expect(roleOf("l.0.relu", block)).toBe("residual block l.0, output");
    const directions = ["a.1", "a.2", "a.3", "a.3~sae.conv2d", "a.3~sae"].map((name) => ({ name }));
    expect(["a.3", "a.3~sae"].map((name) => roleOf(name, directions))).toEqual(["output of a", "directions of a.3"]);
  });
  it("is what was tested of them", () => {
    const shown = { columns: ["layer", "rule", "verdict"], rows: [["a", "deconvnet", "what"]], count: 1 };
    const found = verdicts([{ kind: "sanity", name: "s", shown }, { kind: "other", name: "o", shown }] as unknown as Experiment[]);
    expect(found).toEqual([{ layer: "a", rule: "deconvnet", verdict: "what", experiment: "s" }]);
  });
});

describe("words", () => {
  it("have four digits", () => {
    expect([0, 1234.56, 0.00012, null, Number.NaN, 1e7].map(short)).toEqual(["0", "1235", "1.20e-4", "–", "–", "1.00e+7"]);
    expect([5, 5300, 2.5e6].map(bytes)).toEqual(["5 B", "5 kB", "2.5 MB"]);
  });

  it("rounds what has many digits and leaves the rest", () => {
    const cells = ["0.011074673036259692", "-1234.5678", "817216", "0.010", "1e-05", "1.23456e-9", "0.0000123456"];
    expect(cells.map(readable)).toEqual(["0.01107", "-1235", "817216", "0.010", "1e-05", "1.23e-9", "1.23e-5"]);
  });

  it("lists settings within settings by dotted names", () => {
    expect(listed({ seed: 0, places: null, size: [48, 48], layers: [], recipe: { init: "he", steps: [] } })).toEqual([
      ["seed", "0"],
      ["places", "–"],
      ["size", "48, 48"],
      ["layers", "none"],
      ["recipe.init", "he"],
      ["recipe.steps", "none"],
    ]);
  });
  it("gather layers that are not shown between those that are", () => {
    const all = ["a", "b", "conv", "c"].map((name) => ({ name }) as NetworkLayer);
    const found = stations({ name: "", input: [3, 1, 1], output: "c", layers: all }, [layer]);
    expect(found.map((one) => ("shown" in one ? one.shown.name : one.passed.length))).toEqual([2, "conv", 1]);
    expect(stations(null, [layer])).toHaveLength(1);
  });
});
