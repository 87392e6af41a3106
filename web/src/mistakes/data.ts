// The data of a page of mistakes as its scripts hand it over; src/convscope/studies/mistakes_page.py writes it.

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { withQuery } from "../route";
import { Store } from "../store";
import { short } from "../words";

export const SCHEMA = 1;

type Number = number | null;

export interface Row {
  /** The image's number in the collection. */
  i: number;
  /** What the mistake is called in addresses: its image, and which of several answers. */
  key: string;
  name: string;
  /** Label and answer, by code: of classes their numbers, of labels two each, of values three. */
  t: number;
  a: number;
  /** By how much the answer's logit exceeds the label's; numbers and scores of answer and label. Of a value how far it is
   * off, what was answered and what is true, how many usual errors that is, and the usual error. */
  d: Number;
  z: [Number, Number];
  p: [Number, Number];
  rank: number;
  /** Of those looked at: where covering helps most, what is answered then, a unit whose silencing brings the label back. */
  box?: [number, number, number, number];
  covered?: number;
  unit?: string | null;
}

export interface UnitCause {
  unit: string;
  at: [number, number] | null;
  value: Number;
  amount: number;
  silenced: Number;
  answer: number;
  controls: number;
  control: Number;
  changed: Number;
}

export interface Like {
  i: number;
  name: string;
  t: number;
  a: number;
  likeness: number;
}

export interface Mistake extends Row {
  n: number;
  words: string;
  contrast: number;
  best: [number, number][];
  places: Number[];
  answers: number[];
  layers: { layer: string; number: number; units: UnitCause[] }[];
  balances: { layer: string; parts: Number; others: Number; biases: Number; remainder: Number }[];
  similar: { right: Like[]; wrong: Like[]; of: number; asAnswered: number; asLabelled: number };
}

export interface Silencing {
  layer: string;
  units: "first" | "all";
  mistakes: number;
  changed: number;
  control_changed: number;
  excess: Number;
  excess_low: Number;
  excess_high: Number;
  repaired: number;
  control_repaired: number;
}

export interface Manifest {
  format: string;
  schema: number;
  model: string;
  data: string;
  kind: "classes" | "binary" | "labels" | "values";
  images: number;
  /** How many answers were given: one to an image, or one for each label or value. */
  asked: number;
  mistakes: number;
  explained: number;
  interval: [number, number];
  names: Record<string, string>;
  /** Label, images of it, mistakes among them. */
  classes: [number, number, number][];
  /** Label, answer, mistakes; most frequent first. */
  pairs: [number, number, number][];
  layers: string[];
  layer: string;
  grid: { image: [number, number]; size: [number, number]; shape: [number, number] };
  boxes: [number, number, number, number][];
  fill: string;
  units: { unit: string; mistakes: number; changed: number; repaired: number; amount: number; control_changed: number }[];
  silencing: Silencing[];
  rows: number;
  thumbs: number;
  failures: number;
  /** That outputs were taken for classes by their order, and which; null where names decided, absent in older pages. */
  order?: string | null;
  atlas: string | null;
}

export interface Page {
  store: Store;
  manifest: Manifest;
}

export const PageContext = createContext<Page | null>(null);

/** The page, what answers are called, and how numbers of the output are written: logits, contrasts, values. */
export function usePage(): Page & { name: (number: number) => string; number: (value: number | null) => string } {
  const page = useContext(PageContext);
  if (!page) throw new Error("no page");
  const digits = page.manifest.kind === "values" ? (value: number) => short(Number(value.toPrecision(4))) : (value: number) => (Math.abs(value) < 0.05 ? 0 : value).toFixed(1);
  return { ...page, name: (number) => page.manifest.names[number] ?? `class ${number}`, number: (value) => (value === null ? "–" : digits(value)) };
}

export async function openPage(store: Store): Promise<Page> {
  const manifest = await store.load<Manifest>("manifest");
  if (manifest.format !== "convscope-mistakes") throw new Error("This folder holds something else than mistakes.");
  if (manifest.schema > SCHEMA) {
    throw new Error(`This was written by a newer convscope (format ${manifest.schema}; this page reads ${SCHEMA}). Ask again with this one.`);
  }
  return { store, manifest };
}

/** All rows, as far as they are loaded: the worst are there first, the others follow script by script. */
export function useRows(): { rows: Row[]; all: boolean; error: Error | null } {
  const { store, manifest } = usePage();
  const scripts = Math.ceil(manifest.mistakes / manifest.rows);
  const known = Array.from({ length: scripts }, (_, i) => store.peek(`rows/${i}`)?.value as Row[] | undefined);
  const [, turn] = useState(0);
  const [error, fail] = useState<Error | null>(null);
  const next = known.findIndex((rows) => rows === undefined);
  useEffect(() => {
    if (next < 0) return;
    let wanted = true;
    store.load<Row[]>(`rows/${next}`).then(
      () => wanted && turn((n) => n + 1),
      (problem: Error) => wanted && fail(problem),
    );
    return () => {
      wanted = false;
    };
  }, [next]);
  return { rows: known.flatMap((rows) => rows ?? []), all: next < 0, error };
}

/** One mistake in full. */
export function useMistake(key: string | null): { value: Mistake | null; error: Error | null } {
  const { store } = usePage();
  const [, turn] = useState(0);
  const [error, fail] = useState<Error | null>(null);
  const address = key === null ? null : `mistakes/${key}`;
  const value = (address && (store.peek(address)?.value as Mistake | undefined)) || null;
  useEffect(() => {
    if (!address || value) return;
    let wanted = true;
    fail(null);
    store.load<Mistake>(address).then(
      () => wanted && turn((n) => n + 1),
      (problem: Error) => wanted && fail(problem),
    );
    return () => {
      wanted = false;
    };
  }, [address]);
  return { value, error };
}

// -- which are shown -----------------------------------------------------------------------------------------------------
export interface Filter {
  label: number | null;
  answer: number | null;
  only: string;
  q: string;
}

const numberOf = (text: string | null): number | null => (text !== null && /^\d+$/.test(text) ? Number(text) : null);

export const filterOf = (query: URLSearchParams): Filter => ({
  label: numberOf(query.get("label")),
  answer: numberOf(query.get("answer")),
  only: query.get("only") ?? "",
  q: query.get("q") ?? "",
});

/** Whether something that was tried brought the label back. */
export const mended = (row: Row): boolean => row.covered === row.t || Boolean(row.unit);

export function passes(row: Row, filter: Filter): boolean {
  if (filter.label !== null && row.t !== filter.label) return false;
  if (filter.answer !== null && row.a !== filter.answer) return false;
  if (filter.only === "explained" && !row.box) return false;
  if (filter.only === "mended" && !mended(row)) return false;
  return row.name.toLowerCase().includes(filter.q.toLowerCase());
}

const FEW = 16; // classes that fit a matrix
const FULL = 0.4; // of its cells have to hold something

/** Whether so many confused pairs of these labels and answers are best seen as a matrix, and not as a list. */
export function fillsMatrix(labels: number[], answers: number[], pairs: number): boolean {
  const own = labels.filter((label) => answers.includes(label)).length; // how many were right stands there
  return labels.length > 2 && Math.max(labels.length, answers.length) <= FEW && pairs + own >= FULL * labels.length * answers.length;
}

export const toList = (filter: Filter, change: Partial<Filter> = {}): string => withQuery("#/", { ...filter, ...change });
export const toMistake = (key: string, filter?: Filter): string => withQuery(`#/m/${key}`, { ...filter });
