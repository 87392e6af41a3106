import { describe, expect, it } from "vitest";
import { barOf, embedded, embedding, wordsOf } from "../src/downloads";
import { command, onlyHere } from "../src/parts/Share";
import type { Atlas } from "../src/store";
import type { LayerEntry, UnitData } from "../src/types";

describe("links", () => {
  it("say where they open", () => {
    expect(onlyHere("file:///a/index.html#/")).toContain("this computer alone");
    expect(onlyHere("http://localhost:8765/#/")).toContain("while it is served");
    expect(onlyHere("http://[::1]:8765/#/")).toContain("while it is served");
    expect(onlyHere("https://example.org/127.0.0.1/#/")).toBe("");
  });
  it("to embeds lead to the page beside, whatever the address is", () => {
    expect(embedded("file:///a%20b/index.html#/u/a/b:1", "folder")).toBe("file:///a%20b/embed.html#/u/a/b:1");
    expect(embedded("https://example.org/atlas/#/u/a:1", "folder")).toBe("https://example.org/atlas/embed.html#/u/a:1");
    expect(embedded("https://example.org/atlas/index.html?x=1#/u/a:1", "folder")).toBe("https://example.org/atlas/embed.html#/u/a:1");
    expect(embedded("file:///one.html#/u/a:1", "file")).toBe("file:///one.html#/u/a:1?embed=1");
  });
  it("are no code within an embed", () => {
    const code = embedding('https://e.org/"><script>', "</iframe>'");
    expect(code).toContain("https://e.org/&#34;&#62;&#60;script&#62;");
    expect(code.match(/<\/iframe>/g)).toHaveLength(1);
    expect(code.match(/<script>/g)).toHaveLength(1);
  });
});

describe("the command of one file", () => {
  it("is quoted where a shell would take it apart", () => {
    expect(command("a:1", { protocol: "http:", pathname: "/x" })).toBe("convscope atlas export FOLDER --units a:1 --single-file");
    expect(command("$(x):1", { protocol: "file:", pathname: "/a%20b's/index.html" })).toBe("convscope atlas export '/a b'\\''s' --units '$(x):1' --single-file");
  });
});

describe("the words of a picture", () => {
  it("name the unit, its layer, what is shown and by which rule", () => {
    const atlas = { manifest: { model: { name: "net" }, data: { count: 24 }, options: { rule: "guided" } } } as unknown as Atlas;
    const layer = { name: "conv1", op: "relu", channels: 8, height: 4, width: 4, spatial: true, field: null } as unknown as LayerEntry;
    const unit = { channel: 3, name: "cat", images: [1] } as unknown as UnitData;
    const words = wordsOf(atlas, layer, unit, { view: "both", reach: "field", band: 0 });
    expect(words.title).toBe("conv1:3  cat");
    expect(words.about).toBe("net · relu · 8 × 4 × 4 · receptive field whole image");
    expect(words.caption).toContain("1 image of 24");
    expect(words.caption).toContain("rule guided");
    const cut = wordsOf(atlas, layer, unit, { view: "photos", reach: "part", band: 2 }).caption;
    expect(cut).toContain("cut to where the projection is");
    expect(cut).toContain("band 2 alone");
    expect(cut).not.toContain("Right");
    expect(wordsOf(atlas, layer, unit, { view: "projections", reach: "field", band: 0 }).caption).toMatch(/^What it takes from each of the 1 image /);
  });
  it("have a bar of a round length, at most half the field", () => {
    expect([3, 11, 63, 207, 2, 1000].map(barOf)).toEqual([1, 5, 20, 100, 1, 500]);
  });
});
