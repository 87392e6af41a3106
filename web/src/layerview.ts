// Which units a layer's grid shows, and in which order: all of it from the address.

import type { LayerData, LayerEntry } from "./types";
import { ALIKE } from "./words";

export const SORTS = [
  ["index", "index"],
  ["maximum", "maximum"],
  ["mean", "mean"],
  ["active", "fraction active"],
  ["selectivity", "class selectivity"],
  ["control", "likeness to control"],
  ["grey", "kept in grey"],
  ["hue", "kept with colours turned"],
  ["blurred", "kept blurred"],
  ["shuffled", "kept shuffled"],
  ["mirrored", "kept mirrored"],
  ["turned", "kept turned"],
  ["moved", "kept moved"],
  ["lost", "answers lost without it"],
  ["falls", "fall of the score that needs it most"],
  ["similar", "similarity to a unit"],
  ["map", "likeness, as a map"],
] as const;

export type Sort = (typeof SORTS)[number][0];

/** Sorts by what survives of units' activations under a change (see Tuning.tsx). */
const TUNED = ["grey", "hue", "blurred", "shuffled", "mirrored", "turned", "moved"] as const;
export type Tuned = (typeof TUNED)[number];
export const isTuned = (sort: Sort): sort is Tuned => (TUNED as readonly string[]).includes(sort);

/** Sorts by what silencing units does (see Needs.tsx). */
const SILENCED = ["lost", "falls"] as const;
export type Silenced = (typeof SILENCED)[number];
export const isSilenced = (sort: Sort): sort is Silenced => (SILENCED as readonly string[]).includes(sort);

export type View = "photos" | "projections" | "both";
export type Alive = "all" | "alive" | "dead";

export type Like = "all" | "unlike" | "like";

export interface LayerView {
  view: View;
  sort: Sort;
  ascending: boolean;
  alive: Alive;
  /** A class's number: units that respond to it most. */
  class: number | null;
  /** Units whose projections are like their controls, or are not. */
  like: Like;
  low: number | null;
  high: number | null;
  /** The unit that others are compared with. */
  near: number | null;
  text: string;
  /** Only units that were marked. */
  marked: boolean;
}

const oneOf = <T extends string>(text: string | null, known: readonly T[], otherwise: T): T => known.find((one) => one === text) ?? otherwise;

const numberOf = (text: string | null): number | null => {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
};

export function readView(query: URLSearchParams): LayerView {
  const sort = oneOf(query.get("sort"), SORTS.map(([name]) => name), "index");
  return {
    view: oneOf(query.get("view"), ["photos", "projections", "both"], "both"),
    sort,
    ascending: query.has("up") ? query.get("up") === "1" : sort === "index",
    alive: oneOf(query.get("alive"), ["all", "alive", "dead"], "all"),
    class: numberOf(query.get("class")),
    like: oneOf(query.get("like"), ["all", "unlike", "like"], "all"),
    low: numberOf(query.get("low")),
    high: numberOf(query.get("high")),
    near: numberOf(query.get("near")),
    text: query.get("q") ?? "",
    marked: query.get("marked") === "1",
  };
}

export function writeView(view: LayerView): Record<string, string | number | null> {
  return {
    view: view.view === "both" ? null : view.view,
    sort: view.sort === "index" ? null : view.sort,
    up: view.ascending === (view.sort === "index") ? null : view.ascending ? 1 : 0,
    alive: view.alive === "all" ? null : view.alive,
    class: view.class,
    like: view.like === "all" ? null : view.like,
    low: view.low,
    high: view.high,
    near: view.near,
    q: view.text,
    marked: view.marked ? 1 : null,
  };
}

type Test = (channel: number) => boolean;

/** What each filter asks of a unit; a filter that is not set asks nothing. */
export function tests(view: LayerView, data: LayerData, marked: ReadonlySet<number>, controls?: (number | null)[]): Record<"alive" | "class" | "like" | "range" | "text" | "marked", Test> {
  const dead = new Set(data.dead);
  const { low, high, class: wanted } = view;
  const sought = view.text.toLowerCase();
  return {
    alive: (channel) => view.alive === "all" || dead.has(channel) === (view.alive === "dead"),
    class: (channel) => wanted === null || data.topClass?.[channel] === wanted,
    // While it is on its way nothing is left out.
    like: (channel) => {
      if (view.like === "all" || !controls) return true;
      const own = controls[channel] ?? null;
      return own !== null && own > ALIKE === (view.like === "like");
    },
    range: (channel) => {
      const value = data.maximum[channel] ?? null;
      if (low === null && high === null) return true;
      return value !== null && (low === null || value >= low) && (high === null || value <= high);
    },
    marked: (channel) => !view.marked || marked.has(channel),
    text: (channel) => !sought || String(channel).startsWith(sought) || (data.names?.[channel] ?? "").toLowerCase().includes(sought),
  };
}

export interface Counts {
  all: number;
  alive: Record<Alive, number>;
  /** Units by the class they respond to most, among those that pass the other filters. */
  classes: Map<number, number>;
  marked: number;
  like: Record<Like, number>;
  /** The strongest responses of units that pass the other filters than that of their range. */
  maxima: number[];
}

/** What a layer's filters choose from, beside the numbers of the layer: all of it may be left out. */
export interface Given {
  /** Units with their likeness to the one that others are compared with. */
  nearest?: [number, number][];
  /** How like its control each unit's projection is. */
  controls?: (number | null)[] | undefined;
  /** What survives of each unit under the change that they are sorted by, or what silencing each does. */
  measured?: (number | null)[] | undefined;
  /** Units that this copy holds, where it does not hold all. */
  only?: number[] | undefined;
  marked?: ReadonlySet<number>;
}

/** The units that pass all filters, in order, and for each choice of a filter how many would. */
export function arrange(layer: LayerEntry, data: LayerData, view: LayerView, { nearest = [], controls, measured, only, marked = new Set() }: Given = {}): { units: number[]; counts: Counts } {
  const ask = tests(view, data, marked, controls);
  const dead = new Set(data.dead);
  const counts: Counts = { all: 0, alive: { all: 0, alive: 0, dead: 0 }, classes: new Map(), marked: 0, like: { all: 0, unlike: 0, like: 0 }, maxima: [] };
  const names = Object.keys(ask) as (keyof typeof ask)[];
  const units: number[] = [];
  for (const channel of only ?? Array.from({ length: layer.channels }, (_, i) => i)) {
    counts.all += 1;
    const failed = names.filter((name) => !ask[name](channel));
    if (failed.length === 0) units.push(channel);
    // A filter counts what it could choose among the units that pass all others.
    const without = (name: keyof typeof ask): boolean => failed.every((one) => one === name);
    if (without("alive")) {
      counts.alive.all += 1;
      counts.alive[dead.has(channel) ? "dead" : "alive"] += 1;
    }
    const [best, most, like] = [data.topClass?.[channel], data.maximum[channel], controls?.[channel] ?? null];
    if (without("class") && best !== undefined && best >= 0) counts.classes.set(best, (counts.classes.get(best) ?? 0) + 1);
    if (without("marked") && marked.has(channel)) counts.marked += 1;
    if (without("range") && typeof most === "number") counts.maxima.push(most);
    if (without("like")) {
      counts.like.all += 1;
      if (like !== null) counts.like[like > ALIKE ? "like" : "unlike"] += 1;
    }
  }
  return { units: inOrder(units, data, view, nearest, controls, measured), counts };
}

function inOrder(units: number[], data: LayerData, view: LayerView, nearest: [number, number][], controls?: (number | null)[], measured?: (number | null)[]): number[] {
  const sign = view.ascending ? 1 : -1;
  if (view.sort === "index") return view.ascending ? units : units.reverse();
  const near = new Map(nearest);
  if (view.near !== null) near.set(view.near, Number.POSITIVE_INFINITY);
  if (view.sort === "map") return units; // where they lie depends on the columns there are
  const column = view.sort === "similar" ? null : view.sort === "control" ? controls : isTuned(view.sort) || isSilenced(view.sort) ? measured : data[view.sort];
  const value = (channel: number): number | null => (column ? (column[channel] ?? null) : view.sort === "similar" ? (near.get(channel) ?? null) : null);
  // Units without the number come last either way; equal ones stay in the order of their indices.
  return units.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1;
    return x === y ? a - b : sign * (x < y ? -1 : 1);
  });
}
