// What a person has chosen, all of it in the address; an own photo is there as "own", and lives as long as the page.

export type Fill = "grey" | "mean" | "blur";
export type Rule = "deconvnet" | "guided" | "gradient";
export type Tool = "square" | "brush" | "crop";
export type Pair = [number, number];

export interface Cover {
  at: Pair[];
  size: number;
  fill: Fill;
  shape: "square" | "disc";
}

export interface Chosen {
  photo: number | "own" | null;
  moved: Pair;
  layers: string[];
  by: "activation" | "atlas";
  unit: string | null;
  rule: Rule;
  tool: Tool;
  fill: Fill;
  size: number;
  cover: Pair[];
  followed: string[];
  silenced: string[];
  transform: { name: string; amount: number } | null;
}

export const START: Chosen = {
  photo: null,
  moved: [0, 0],
  layers: [],
  by: "activation",
  unit: null,
  rule: "deconvnet",
  tool: "square",
  fill: "grey",
  size: 0,
  cover: [],
  followed: [],
  silenced: [],
  transform: null,
};

const SHORT = 24; // stamps of a brush that an address holds; a longer stroke lives as long as the page

const among = <T extends string>(text: string | null, known: readonly T[], usual: T): T => (known.includes(text as T) ? (text as T) : usual);
const whole = (text: string | undefined): number | null => (text !== undefined && /^-?\d{1,6}$/.test(text) ? Number(text) : null);

function pair(text: string | null): Pair | null {
  const [a, b] = (text ?? "").split(",").map((part) => whole(part));
  return a !== undefined && a !== null && b !== undefined && b !== null ? [a, b] : null;
}

const list = (query: URLSearchParams, name: string): string[] => query.getAll(name).filter((one) => one.length > 0 && one.length < 300).slice(0, 64);

export function read(hash: string): Chosen {
  const query = new URLSearchParams(hash.replace(/^#\/?\??/, ""));
  const photo = query.get("photo");
  const number = whole(photo ?? undefined);
  const [name, amount] = (query.get("turn") ?? "").split(":");
  const turned = amount !== undefined && name && Number.isFinite(Number(amount)) ? { name, amount: Number(amount) } : null;
  return {
    photo: photo === "own" ? "own" : number !== null && number >= 0 ? number : null,
    moved: pair(query.get("moved")) ?? [0, 0],
    layers: list(query, "layer").slice(0, 16),
    by: among(query.get("by"), ["activation", "atlas"] as const, "activation"),
    unit: query.get("unit"),
    rule: among(query.get("rule"), ["deconvnet", "guided", "gradient"] as const, "deconvnet"),
    tool: among(query.get("tool"), ["square", "brush", "crop"] as const, "square"),
    fill: among(query.get("fill"), ["grey", "mean", "blur"] as const, "grey"),
    size: Math.max(0, whole(query.get("size") ?? undefined) ?? 0),
    cover: list(query, "cover").map(pair).filter((one) => one !== null),
    followed: list(query, "follow"),
    silenced: list(query, "silence"),
    transform: turned,
  };
}

export function written(chosen: Chosen): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | number | null, usual: string | number | null): void => {
    if (value !== usual && value !== null) query.set(name, String(value));
  };
  put("photo", chosen.photo, null);
  put("moved", chosen.moved.join(","), "0,0");
  chosen.layers.forEach((one) => query.append("layer", one));
  put("by", chosen.by, START.by);
  put("unit", chosen.unit, null);
  put("rule", chosen.rule, START.rule);
  put("tool", chosen.tool, START.tool);
  put("fill", chosen.fill, START.fill);
  put("size", chosen.size, 0);
  if (chosen.cover.length <= SHORT) chosen.cover.forEach((one) => query.append("cover", one.join(",")));
  chosen.followed.forEach((one) => query.append("follow", one));
  chosen.silenced.forEach((one) => query.append("silence", one));
  if (chosen.transform) query.set("turn", `${chosen.transform.name}:${chosen.transform.amount}`);
  // Commas and colons may stand as they are: an address is read by people too.
  const text = query.toString().replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%40/g, "@");
  return text ? `#/?${text}` : "#/";
}

/** What covers the photo now; null for nothing. */
export const coverOf = (chosen: Chosen): Cover | null =>
  chosen.cover.length ? { at: chosen.cover, size: chosen.size, fill: chosen.fill, shape: chosen.tool === "brush" ? "disc" : "square" } : null;

/** The part of a question that says what is done to the photo. */
export const doingOf = (chosen: Chosen): Record<string, unknown> => ({
  moved: chosen.moved,
  cover: coverOf(chosen),
  transform: chosen.transform,
  silenced: chosen.silenced,
});

/** The question what the network makes of the photo, as it is and with what is done to it. */
export const lookOf = (chosen: Chosen): { kind: string } & Record<string, unknown> => ({ kind: "look", layers: chosen.layers, followed: chosen.followed, ...doingOf(chosen) });

/** Layer, channel and position of a unit's name. */
export function unitParts(unit: string): { layer: string; channel: string; at: Pair | null } | null {
  const found = /^(.+):(\d+(?:-\d+)?)(?:@(\d+),(\d+))?$/.exec(unit);
  if (!found) return null;
  return { layer: found[1] as string, channel: found[2] as string, at: found[3] === undefined ? null : [Number(found[3]), Number(found[4])] };
}

export const without = (unit: string): string => unit.replace(/@\d+,\d+$/, "");
