// Numbers and names as people read them.

import type { Field, LayerEntry, LayerShape } from "./types";

/** Four significant digits; a dash where there is no number. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** The text of a number, with four significant digits if it has more after its point. */
export function readable(text: string): string {
  return /^-?\d+\.\d+$|e/i.test(text) && text.replace(/e.*|^[-0.]+|\./gi, "").length > 4 ? short(Number(text)) : text;
}

/** Settings as names and words: groups within them by dotted names, what is not set as a dash. */
export function listed(settings: Record<string, unknown>, within = ""): [string, string][] {
  return Object.entries(settings).flatMap(([key, value]): [string, string][] => {
    if (value === null || value === undefined) return [[within + key, "–"]];
    if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return [[within + key, value.join(", ") || "none"]];
    if (typeof value === "object" && !Array.isArray(value)) return listed(value as Record<string, unknown>, `${within}${key}.`);
    return [[within + key, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

export const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : `${short(100 * value)} %`;

/** A share in whole per cent. */
export const shareOf = (share: number | null | undefined): string => (share == null ? "–" : `${Math.round(100 * share)} %`);

export const many = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

export function shapeOf(layer: LayerShape): string {
  return layer.spatial ? `${layer.channels} × ${layer.height} × ${layer.width}` : String(layer.channels);
}

const sides = (pair: readonly [number, number]): string =>
  pair[0] === pair[1] ? short(pair[0]) : `${short(pair[0])} × ${short(pair[1])}`;

export function fieldOf({ field, gates, exact }: { field: Field | null; gates?: string; exact?: boolean }): string {
  const notes = [gates === "part" ? "of a gate" : gates === "held" ? "gates held" : "", exact === false ? "at most" : ""];
  const said = field === null ? "whole image" : `${sides(field.size)} px, stride ${sides(field.stride)}`;
  const noted = notes.filter(Boolean).join(", ");
  return noted ? `${said} (${noted})` : said;
}

const begun = (members: readonly string[], ...words: string[]): boolean => words.every((word) => members.some((one) => one.startsWith(word)));

/** What a block is, by what its layers are called and what it ends in: "fire 3", "residual block layer1.0"; empty where it is neither. */
function kindOf(block: string, members: readonly { name: string; op?: string }[]): string {
  const [names, end] = [members.map((one) => one.name.slice(block.length + 1)), members.at(-1)?.op];
  const own = block.slice(block.lastIndexOf(".") + 1);
  if (begun(names, "squeeze", "expand")) return `fire ${/^\d+$/.test(own) ? own : block}`;
  if (end === "cat" && begun(names, "branch")) return `inception ${block}`;
  return members.some((one) => one.op === "add") && begun(names, "conv") ? `residual block ${block}` : "";
}

/** What a layer is within its block, the layers whose names begin alike: the last of three or more is its output. */
export function roleOf(name: string, network: readonly { name: string; op?: string }[]): string {
  const [layer, directions] = name.split("~");
  if (directions !== undefined) return directions.includes(".") ? "" : `directions of ${layer}`;
  const block = name.slice(0, Math.max(0, name.lastIndexOf(".")));
  const members = block ? network.filter((one) => one.name.startsWith(`${block}.`) && !one.name.includes("~")) : [];
  if (members.length < 3 || members.at(-1)?.name !== name) return "";
  const kind = kindOf(block, members);
  return kind ? `${kind}, output` : `output of ${block}`;
}

export const ALIKE = 0.9; // as in controls.py

/** Whether a layer's projections look much like those of random signals. */
export const isLike = ({ control }: Pick<LayerEntry, "control">): boolean => (control?.median ?? 0) > ALIKE;

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${Math.round(count / 1e3)} kB` : `${short(count / 1e6)} MB`;
}

export const when = (created: string): string => created.replace("T", " ").replace("Z", " UTC");

/** The last part of a path: what tells images of a folder apart. */
export const baseName = (name: string): string => name.slice(name.lastIndexOf("/") + 1) || name;
