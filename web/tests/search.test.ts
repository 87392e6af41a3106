import { describe, expect, it } from "vitest";
import { logitName, numbersOf } from "../src/classes";
import { needs } from "../src/parts/Needs";
import { matcher, seek, topping } from "../src/search";
import type { EffectsData, LogitIndex } from "../src/types";

describe("a search", () => {
  it("ranks what equals, begins, has the words begin, and contains it, whatever the case", () => {
    const fits = matcher("Coffee");
    expect(["coffee", "coffee mug", "a coffee/cup", "decoffee", "tea"].map(fits)).toEqual([0, 1, 2, 3, null]);
    expect(matcher("mug cof")("coffee mug")).toBe(2);
    expect(matcher("  ")("anything")).toBeNull();
  });
  it("takes what is typed for text, not for a pattern", () => {
    for (const text of ["(", "[a", "\\", "a+b", "*", "$&", "x{2", "é", "שלום", "|"]) expect(matcher(text)(`q ${text}`)).not.toBeNull();
    expect(matcher(".")("abc")).toBeNull();
  });
  it("gives the best first, equal ones in their order, and counts all", () => {
    const found = seek(["xcat", "a cat", "cat", "cat b"], (one) => [one], "cat", 3);
    expect(found).toEqual({ found: ["cat", "cat b", "a cat"], count: 4 });
    expect(seek([{ name: null }], (one) => [one.name], "x", 3).count).toBe(0);
  });
  it("finds the units that are strongest on most images, then the best placed", () => {
    const found = topping([[0, 5, 3], [0, 5, 2], [1, 7, 0], [0, 6, 1]]);
    expect(found.map((one) => [one.layer, one.channel, one.images, one.rank])).toEqual([[0, 5, 2, 2], [1, 7, 1, 0], [0, 6, 1, 1]]);
  });
});

describe("classes", () => {
  const network: LogitIndex = { names: ["crane", "crane", "cup"], layers: ["flatten", "fc"], note: "" };
  it("name the logits of every layer whose channels they are, and no other's", () => {
    expect([logitName(network, "fc", 2), logitName(network, "conv", 2), logitName(network, "fc", 9), logitName(null, "fc", 2)]).toEqual(["cup", null, null, null]);
  });
  it("may share a name", () => expect(numbersOf(network.names, "crane")).toEqual([0, 1]));
  it("and units need each other by what silencing does, the strongest loss first", () => {
    const data: EffectsData = { pairs: [["a:1", "cup", -0.5, -0.1, "more"], ["a:2", "cup", -0.7, null], ["a:1", "dog", 0.2, 0]] };
    expect(needs(data, "class", "cup").map((row) => [row.of, row.change, row.control])).toEqual([["a:2", -0.7, null], ["a:1", -0.5, -0.1]]);
    expect(needs(data, "unit", "a:1").map((row) => [row.of, row.verdict])).toEqual([["cup", "more"]]);
  });
});
