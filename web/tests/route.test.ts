import { describe, expect, it } from "vitest";
import { memoryRouter, parse, parseUnit, toCompare, toLayer, toUnit } from "../src/route";

describe("addresses", () => {
  it("lead back to the names they were made from, whatever the name", () => {
    for (const name of ["features.8", "a/b#2", "x:y", "<script>", "100%", "a?b&c", "שלום", "c d"]) {
      expect(parse(toLayer(name))).toMatchObject({ page: "layer", rest: name });
      expect(parseUnit(parse(toUnit(name, 7)).rest)).toEqual({ layer: name, channel: 7 });
      expect(parse(toCompare(`${name}:1`, name)).query.get("a")).toBe(`${name}:1`);
    }
  });
  it("keep the view in the query, without what is not set", () => {
    expect(toLayer("l", { sort: "mean", low: 0, class: null, q: "" })).toBe("#/l/l?sort=mean&low=0");
    expect(parse("#/l/l?sort=mean").query.get("sort")).toBe("mean");
  });
  it("that are broken lead to no page, and do not throw", () => {
    expect(parse("#/u/%E0%A4%A").rest).toBe("%E0%A4%A");
    expect(parse("#/constructor").page).toBe("unknown");
    expect(parse("").page).toBe("home");
  });
  it("of units have a layer and a number", () => {
    expect(parseUnit("features.8:174@3,5")).toEqual({ layer: "features.8", channel: 174 });
    expect(parseUnit("features.8")).toBeNull();
    expect(parseUnit("a:-1")).toBeNull();
  });
  it("can be walked without the page's own address", () => {
    const router = memoryRouter("#/");
    let told = 0;
    const stop = router.subscribe(() => (told += 1));
    router.go("#/l/x");
    stop();
    router.go("#/l/y");
    expect([router.hash(), told]).toEqual(["#/l/y", 1]);
  });
});
