import { describe, expect, it, vi } from "vitest";
import { embeds, hashRouter, memoryRouter, parse, parseUnit, toCompare, toLayer, toUnit } from "../src/route";

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
  it("are those of units within other pages where they say so", () => {
    expect(embeds(parse("#/u/x:1?embed=1"))).toBe(true);
    expect(embeds(parse("#/u/x:1"))).toBe(false);
    expect(embeds(parse("#/l/x?embed=1"))).toBe(false);
  });
});

describe("a walk from unit to unit", () => {
  const fake = () => {
    const entries = ["#/l/x"];
    const location = { get hash() { return entries.at(-1) ?? ""; }, get href() { return `file:///a${entries.at(-1)}`; } };
    const history = {
      pushState: (_: unknown, __: string, to: string) => void entries.push(to),
      replaceState: (_: unknown, __: string, to: string) => void (entries[entries.length - 1] = to),
    };
    return { entries, window: { location, history, addEventListener: () => undefined } as unknown as Window };
  };
  it("is one entry of the history", () => {
    const { entries, window } = fake();
    const router = hashRouter(window);
    router.go("#/u/x:1");
    router.step("#/u/x:2");
    router.step("#/u/x:3");
    expect(entries).toEqual(["#/l/x", "#/u/x:1", "#/u/x:3"]);
    expect(router.walking()).toBe(true);
    router.go("#/l/x");
    expect(entries).toHaveLength(4);
  });
  it("shows every unit at once though the address may follow late", () => {
    vi.useFakeTimers();
    const { entries, window } = fake();
    const router = hashRouter(window);
    const seen: string[] = [];
    router.subscribe(() => seen.push(router.hash()));
    for (let unit = 0; unit < 300; unit += 1) router.step(`#/u/x:${unit}`);
    expect(seen).toHaveLength(300);
    expect(entries.at(-1)).not.toBe("#/u/x:299");
    vi.advanceTimersByTime(1000);
    expect(entries.at(-1)).toBe("#/u/x:299");
    expect(entries).toHaveLength(2);
    vi.useRealTimers();
  });
});
