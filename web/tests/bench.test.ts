import { afterEach, describe, expect, it, vi } from "vitest";
import { Stale } from "../src/bench/api";
import { type Answer, MessageApi, type Model } from "../src/bench/messages";
import { escaped, pageOf, Session, type Step } from "../src/bench/session";
import { coverOf, read, START, unitParts, without, written } from "../src/bench/state";
import type { About } from "../src/bench/types";
import { number, score, signed } from "../src/bench/words";

describe("the address of the bench", () => {
  it("says everything that was chosen, and reads it back", () => {
    const chosen = {
      ...START,
      photo: 12,
      moved: [-3, 4] as [number, number],
      layers: ["features.1", "a&b=c"],
      by: "atlas" as const,
      unit: "features.8:174@3,5",
      rule: "guided" as const,
      fill: "blur" as const,
      size: 48,
      cover: [[100, 80] as [number, number]],
      followed: ["features.8:1"],
      silenced: ["features.8:2", "x:3"],
      transform: { name: "rotation", amount: -12.5 },
    };
    expect(read(written(chosen))).toEqual(chosen);
    expect(written(chosen)).toContain("unit=features.8:174@3,5");
    expect(written(START)).toBe("#/");
  });

  it("takes nothing from an address that makes no sense", () => {
    expect(read("#/?photo=x&moved=1&rule=magic&cover=a,b&size=-4&turn=:&fill=red&tool=saw")).toEqual(START);
    expect(read("#token=abc")).toEqual(START);
    expect(read("#/?photo=own").photo).toBe("own");
  });

  it("leaves long strokes out", () => {
    const stroke = Array.from({ length: 100 }, (_, n): [number, number] => [n, n]);
    expect(written({ ...START, cover: stroke })).toBe("#/");
    expect(coverOf({ ...START, cover: stroke, size: 5, tool: "brush" })?.shape).toBe("disc");
    expect(coverOf(START)).toBeNull();
  });

  it("knows the parts of a unit", () => {
    expect(unitParts("a:b:7@1,2")).toEqual({ layer: "a:b", channel: "7", at: [1, 2] });
    expect(unitParts("fc:3-4")).toEqual({ layer: "fc", channel: "3-4", at: null });
    expect(unitParts("nothing")).toBeNull();
    expect(without("a:7@1,2")).toBe("a:7");
  });
});

describe("a session", () => {
  const about = { network: "<net>", input: [3, 8, 8], recipe: "as it is" } as unknown as About;

  it("becomes a page in which no name is code", () => {
    const page = pageOf(
      [{ question: { kind: "look" }, title: "<script>alert(1)</script>", rows: [["a"], ['"><img src=x>']], pictures: [["javascript:alert(1)", "no"], [() => "data:image/png;base64,AAAA", "late"]] }],
      about,
      { name: "</title><script>", picture: "data:image/png;base64,AAAA" },
      "print('</pre><script>')",
    );
    expect(page).not.toContain("<script>");
    expect(page).not.toContain("<img src=x>");
    expect(page).not.toContain("javascript:");
    expect(page.match(/<img /g)).toHaveLength(2);
    expect(escaped(`<&>"'`)).toBe("&#60;&#38;&#62;&#34;&#39;");
  });

  it("says what was done to the photo for a step", () => {
    const question = { kind: "project", moved: [0, 2], cover: { at: [[135, 174]], size: 48, fill: "grey" }, transform: { name: "rotation", amount: 18 }, silenced: ["4:2"] };
    const page = (asked: Step["question"]): string => pageOf([{ question: asked, title: "t", rows: [], pictures: [] }], about, { name: "p", picture: "" }, "");
    expect(page(question)).toContain("<p>With the crop moved by 0, 2 px; rotation 18; 48 px covered (grey) around 135, 174; 4:2 silenced.</p>");
    expect(page({ kind: "project", unit: "4:2@1,1", silenced: ["4:2", "4:3"] })).toContain("<p>With 4:3 silenced.</p>");
    expect(page({ ...question, kind: "sweep", moved: [0, 0], transform: null, silenced: [] })).not.toContain("<p>With");
  });

  it("keeps one step of a question, and not without end", () => {
    const session = new Session();
    const step = (n: number) => ({ question: { kind: "project", unit: n }, title: String(n), rows: [], pictures: [] });
    for (let n = 0; n < 300; n++) session.add(step(n));
    session.add(step(299));
    expect(session.steps).toHaveLength(200);
    expect(session.steps.at(-1)?.title).toBe("299");
  });

  it("leaves out what a drag passed over", () => {
    const session = new Session();
    const step = (y: number, more: object = {}): Step => ({ question: { kind: "project", unit: "a:1", cover: { at: [[y, 3]], size: 9 }, ...more }, title: String(y), rows: [], pictures: [] });
    session.add(step(1), 0);
    session.add(step(2, { unit: "a:2" }), 300);
    for (const [y, at] of [[3, 1000], [4, 1400], [5, 1800], [6, 5000]] as const) session.add(step(y), at);
    expect(session.steps.map((one) => one.title)).toEqual(["2", "5", "6"]);
  });
});

it("numbers are written for people", () => {
  expect([number(0), number(1234.5), number(0.12345), number(123456), number(null)]).toEqual(["0", "1235", "0.123", "1.2e+5", "–"]);
  expect([signed(2), signed(-2)]).toEqual(["+2", "−2"]);
  expect([score(0.5, true), score(0.0001, true), score(0, true), score(3.25, false)]).toEqual(["50.0 %", "< 0.1 %", "0.0 %", "3.25"]);
});

describe("messages to a notebook's kernel", () => {
  type Said = { do: string; id: string } & Record<string, unknown>;
  type Hear = (message: Answer, buffers: DataView[]) => void;

  /** A kernel that answers as `answer` says, at once, to all views of the widget. */
  function kernel(answer: (said: Said, bytes: number) => Omit<Answer, "id">[]): { model: Model; said: Said[]; tell(message: Answer): void } {
    const ears = new Set<Hear>();
    const said: Said[] = [];
    const tell = (message: Answer): void => ears.forEach((hear) => hear(message, []));
    const model: Model = {
      get: () => null,
      set: () => undefined,
      save_changes: () => undefined,
      on: (_, hear) => ears.add(hear),
      off: (_, hear) => ears.delete(hear),
      send: (content, _, buffers = []) => {
        said.push(content as Said);
        for (const one of answer(content as Said, buffers[0]?.byteLength ?? 0)) tell({ ...one, id: (content as Said).id });
      },
    };
    return { model, said, tell };
  }

  afterEach(() => void vi.useRealTimers());

  it("bring an answer part by part, to the view that asked alone", async () => {
    const { model, said, tell } = kernel(() => [{ heard: true }]);
    const [one, other] = [new MessageApi(model), new MessageApi(model)];
    const [mine, theirs]: [unknown[], unknown[]] = [[], []];
    const shares: number[] = [];
    const asked = one.ask({ kind: "sweep" }, (part) => mine.push(part), undefined, (share) => shares.push(share));
    void other.ask({ kind: "sweep" }, (part) => theirs.push(part));
    const id = said[0]?.id as string;
    expect(said[1]?.id).not.toBe(id);
    for (const part of [{ progress: 0.5 }, { row: 0 }, { row: 1 }, { done: true }]) tell({ id, part });
    await asked;
    expect([mine, theirs, shares]).toEqual([[{ row: 0 }, { row: 1 }], [], [0.5]]);
  });

  it("say when nobody waits any more, and that the page is gone", async () => {
    const { model, said } = kernel(() => []);
    const api = new MessageApi(model);
    const control = new AbortController();
    const asked = api.ask({ kind: "look" }, () => undefined, control.signal);
    control.abort();
    await expect(asked).rejects.toBeInstanceOf(Stale);
    expect(said[1]).toMatchObject({ do: "leave", of: said[0]?.id });
    await expect(api.ask({ kind: "look" }, () => undefined, control.signal)).rejects.toBeInstanceOf(Stale);
    api.close();
    expect(said.at(-1)).toMatchObject({ do: "close", tab: said[0]?.tab });
  });

  it("bring a photo in pieces, and errors as words", async () => {
    const sizes: number[] = [];
    const { model, said } = kernel((one, bytes) => {
      sizes.push(bytes);
      if (one.do !== "photo") return [{ error: "no" }];
      const there = (one.first as number) + bytes;
      return [{ value: there < (one.size as number) ? { there } : { photo: "key" } }];
    });
    const api = new MessageApi(model);
    const told = await api.upload(new Blob([new Uint8Array((2 << 20) + 5)]), "large.png");
    expect(told).toEqual({ photo: "key" });
    expect(sizes).toEqual([1 << 20, 1 << 20, 5]);
    expect(new Set(said.map((one) => one.upload)).size).toBe(1);
    await expect(api.choose(3)).rejects.toThrow("no");
  });

  it("are late where nobody hears", async () => {
    vi.useFakeTimers();
    const { model, said, tell } = kernel(() => []);
    const api = new MessageApi(model);
    const late: boolean[] = [];
    api.late = (is) => late.push(is);
    const asked = api.about();
    vi.advanceTimersByTime(5000);
    expect(late).toEqual([true]);
    tell({ id: said[0]?.id as string, value: {} });
    await asked;
    expect(late).toEqual([true, false]);
    vi.advanceTimersByTime(5000);
    expect(late).toEqual([true, false]);
  });
});
