// What the bench's server says; written by convscope.live.

import type { Grid } from "../types";

export interface LayerTold {
  name: string;
  op: string;
  channels: number;
  height: number;
  width: number;
  spatial: boolean;
}

export interface Transformation {
  name: string;
  unit: string;
  identity: number;
  values: number[];
}

export interface About {
  network: string;
  spec: string | null;
  input: [number, number, number];
  recipe: string;
  output: string;
  outputListed: boolean;
  /** Where its weights are no numbers, in words; "" where all of them are. */
  broken: string;
  score: string;
  meaning: string;
  layers: LayerTold[];
  shown: string[];
  /** Layers whose channels are the output's, one by one, and what these are called. */
  logits: { layers: string[]; names: string[] };
  square: number;
  /** The mean colour, which covers where "grey" does. */
  grey: [number, number, number];
  transformations: Transformation[];
  limits: { bytes: number; pixels: number };
  collection: { count: number; said: string } | null;
  atlas: { layers: Record<string, { id: string; sprite: Grid; likeness: number | null }>; sprite: string } | null;
}

/** A photo that the server holds. crop: top, left, height, width in the resized picture; rooms: how far it moves. */
export interface PhotoTold {
  photo: string;
  name: string;
  number: number | null;
  size: [number, number];
  picture: string;
  whole: [number, number];
  crop: [number, number, number, number];
  rooms: [[number, number], [number, number]];
}

export interface ClassTold {
  channel: number;
  name: string;
  score: number | null;
  logit: number | null;
  before?: number;
}

export interface UnitTold {
  channel: number;
  value: number | null;
  at?: [number, number];
  map?: [number, number, string];
  top?: number;
}

export interface Change {
  name: string;
  classes: { channel: number; name: string; before: number; now: number }[];
  units: { unit: string; before: number; now: number }[];
}

export interface Glance {
  classes: ClassTold[];
  layers: { name: string; units: UnitTold[] }[];
  followed: { unit: string; value: number; before: number }[];
  picture?: string;
  changed?: Change | null;
}

export type Box = [number, number, number, number];

export interface Projected {
  unit: string;
  value: number;
  box: Box;
  projection: string;
  scale: number;
  report: string;
  name: string | null;
  /** Of a unit that has one, whether it is among the strongest or not. */
  map: UnitTold | null;
}

export interface Cause {
  unit: string;
  value: number;
  amount: number;
  box: Box | null;
}

export interface Caused {
  unit: string;
  value: number;
  layer: string;
  nodes: Cause[];
  balance: { amount: number; parts: number; others: Record<string, number>; biases: number; remainder: number };
  curved: string;
}

export interface SweepHead {
  grid: { image: [number, number]; size: [number, number]; stride: [number, number]; shape: [number, number] };
  target: { channel: number; name: string } | null;
  map: string;
  uncovered: Responses;
}

export interface Responses {
  probability: (number | null)[] | null;
  activation: (number | null)[];
  units: (number | null)[][];
}

export type SweepRow = Responses & { row: number; label: number[] };

export interface CurveHead {
  name: string;
  unit: string;
  identity: number;
  amounts: number[];
  layers: string[];
}

export interface CurvePart {
  values: number[];
  probability: (number | null)[];
  label: number[];
  relative: Record<string, (number | null)[]>;
  targetName: string;
}
