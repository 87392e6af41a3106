// The data of an atlas as its scripts hand it over; src/convscope/atlas/README.md describes it in words.

export interface Grid {
  rows: number;
  columns: number;
  height: number;
  width: number;
  pitchY: number;
  pitchX: number;
  panels: number;
  lossless: boolean;
}

export interface Field {
  size: [number, number];
  stride: [number, number];
  offset: [number, number];
  regular: boolean;
}

export interface LayerShape {
  name: string;
  op: string;
  channels: number;
  height: number;
  width: number;
  spatial: boolean;
  field: Field | null;
  /** "held" or "exact" where gates lie below, "part" where the layer is a part of one. */
  gates?: string;
  /** False where units may see less than the field. */
  exact?: boolean;
}

export interface LayerEntry extends LayerShape {
  id: string;
  units: { count: number; dead: number; silent: number; nan: number; named: boolean };
  tile: { height: number; width: number; enlarge: number };
  sprite: Grid;
  /** Where projections are in their fields is known, and kept by itself where fields were reduced; not in atlases of old. */
  content?: { kept: boolean };
  /** Single channels of a unit, of images of other than one or three: k photos for each, then the first projection. */
  bands?: Grid;
  sheet: Grid & { units: number; count: number; enlarge: number };
  preview: Grid;
  shard: { units: number; count: number };
  neighbours: string;
  report: string;
  mismatch: number | null;
  /** How like a random signal's from the same place projections are, by the median; not in atlases of old. */
  control?: { median: number | null; units: number };
  bytes: { record: number; pictures: number; data: number };
}

export interface Extras {
  shard: number;
  profileShard: number;
  controls: boolean;
  seed: number;
  /** Whether `alike` scripts are there: without them a layer knows the nearest of a unit only. */
  alike?: boolean;
}

/** Components of a layer's units, `rank` signed bytes each in base64; products times scale squared are correlations. */
export interface AlikeData {
  layer: string;
  images: number;
  rank: number;
  scale: number;
  error: number;
  codes: string;
}

/** How like its control the projection of each of a layer's units is. */
export interface ControlData {
  layer: string;
  similarity: (number | null)[];
  median: number | null;
  units: number;
}

/** What a layer's units are tuned to: by change, for each unit what survives, its interval, and the layer's quartiles. */
export interface TuningData {
  layer: string;
  images: number;
  kinds: { name: string; what: string; how: string }[];
  kept: (number | null)[][];
  low: (number | null)[][];
  high: (number | null)[][];
  cases: number[][];
  quartiles: (number | null)[][];
  /** The changes in which each unit differs from its layer, from 1; below zero where it minds them more. */
  out: number[][];
}

export interface Manifest {
  format: string;
  schema: number;
  complete: boolean;
  created: string;
  versions: Record<string, string>;
  model: {
    name: string;
    fingerprint: string;
    input: [number, number, number];
    dtype: string;
    output: string;
    /** What its numbers are taken for, in words; not there in older atlases. */
    meaning?: string;
    classes: number;
    preprocessText: string;
    /** Which channels are shown, counted from 1, of images of other than one or three. */
    shown?: number[];
  };
  data: { description: string; kind: string; fingerprint: string; count: number; classes: number };
  options: {
    k: number;
    tile: number;
    thumb: number;
    limit: number | null;
    rule: string;
    smooth: string;
    overlap: string;
    lrn: string;
    gates?: string;
    seed: number | null;
  };
  /** What a check of the network found, where one was added. */
  check?: { holds: boolean; sentence: string };
  failures: { count: number; shown: { image: number; name: string; reason: string }[] };
  units: number;
  layers: LayerEntry[];
  paths: {
    sprite: string;
    photos: string;
    projections: string;
    preview: string;
    bands?: string;
    content?: string;
    image: string | null;
    controls?: string;
    likeness?: string;
    tuning?: string;
    logits?: string;
    /** Responses to compare units of two atlases by; not in atlases of old. */
    responses?: string;
    taken?: string;
  };
  images: { shard: number };
  /** Classes of the collection to a script; not in atlases of old, nor in exports of a part. */
  classes?: { shard: number };
  extras?: Extras | null;
  /** What units take from single images: of how many, the bytes that takes, and those that were allowed. */
  taken?: { budget: number; bytes: number; images: number };
  /** Whether sprites are there as scripts, which a page opened from disk may read. */
  portable?: boolean;
  /** Units that an export of single units holds, by layer name; absent where all are there. */
  subset?: Record<string, number[]> | null;
}

type Numbers = (number | null)[];

export interface LayerData {
  id: string;
  name: string;
  maximum: Numbers;
  mean: Numbers;
  active: Numbers;
  dead: number[];
  nan: number[];
  histogram: { edges: number[]; counts: number[] };
  selectivity?: Numbers;
  topClass?: number[];
  classes?: Record<string, string>;
  names?: string[];
}

export type Box = [number, number, number, number];
export type Pair = [number, number];

export interface UnitData {
  channel: number;
  maximum: number | null;
  mean: number | null;
  active: number | null;
  dead: boolean;
  nan: number;
  values: Numbers;
  images: number[];
  y: number[];
  x: number[];
  boxes: Box[];
  scales: Numbers;
  /** The part of each field that holds most of the projection, and its scale when it is shown by itself. */
  content?: Box[];
  partScales?: Numbers;
  histogram: { first: number; counts: number[] };
  classes: Pair[];
  nearest: Pair[];
  selectivity?: number | null;
  name?: string;
}

export interface ImageInfo {
  name: string;
  label: number;
}

export interface UnitShard {
  layer: string;
  first: number;
  units: UnitData[];
  images: Record<string, ImageInfo>;
  classes: Record<string, string>;
}

/** A response: image, value, box in the input's pixels. */
export interface Sample {
  image: number;
  value: number;
  box: Box;
}

export interface Band {
  low: number;
  high: number;
  samples: Sample[];
}

/** A unit joined by a weight: layer's name, channel, strength with its sign. */
export type Joint = [string, number, number];

export interface UnitExtra {
  bands: Band[];
  incoming: Joint[];
  outgoing: Joint[];
  control: { similarity: number | null } | null;
}

export interface ExtraShard {
  layer: string;
  first: number;
  units: UnitExtra[];
  images: Record<string, ImageInfo>;
  classes: Record<string, string>;
  incoming: string;
  outgoing: string;
}

export interface ImageShard {
  first: number;
  images: Record<string, ImageInfo & { wins: [number, number, number][] }>;
  classes: Record<string, string>;
}

/** The strongest units of an image in a layer: channel, value, share of the unit's maximum, y, x. */
export type Strong = [number, number, number, number, number];

export interface ProfileShard {
  images: Record<string, ImageInfo & { layers: Strong[][]; answers?: [number, number | null][] }>;
  classes: Record<string, string>;
  /** What answers are called, by their label; older atlases lack it. */
  answers?: { score: "probability" | "value"; names: Record<string, string> };
}

export interface ImageIndex {
  size: number;
  shards: number[];
  count: number;
}

export interface ProfileIndex {
  /** The first image of each script; images listed by name may be fewer than those that are there. */
  starts?: number[];
  count?: number;
  images: number[];
  names: string[];
  labels: number[];
  classes: Record<string, string>;
}

/** The images of which is shown what units take from them, and where the projections of each layer lie in their pictures. */
export interface TakenIndex {
  images: number[];
  bytes: number;
  grids: Grid[];
}

/** Of one image, for each layer and its strongest units as in the profile: y0 x0 y1 x1 of the part shown, and its scale. */
export interface TakenData {
  image: number;
  layers: [number, number, number, number, number | null][][];
}

/** The classes of the collection: names, and how many images each has. */
export interface ClassIndex {
  names: string[];
  images: number[];
}

/** A unit that answers to a class: channel, mean of its strongest responses to the class's images, selectivity. */
export type Answering = [number, number, number];

export interface ClassShard {
  first: number;
  /** For each class, layer by layer, the units that answer to it. */
  classes: Record<string, Answering[][]>;
}

/** The classes of the network: names of its logits, the layers whose channels they are, what their weights are. */
export interface LogitIndex {
  names: string[];
  layers: string[];
  note: string;
}

export interface LogitShard {
  first: number;
  incoming: Joint[][];
}

export interface NetworkLayer extends LayerShape {
  inputs: number[];
  shown: boolean;
}

export interface NetworkData {
  name: string;
  input: [number, number, number];
  output: string;
  layers: NetworkLayer[];
}

/** A table as the page is given it: its first rows, and how many there are. */
export interface ShownTable {
  columns: string[];
  rows: string[][];
  count: number;
}

/** An experiment in the list: what other pages and its card say of it. */
export interface Experiment {
  name: string;
  title: string;
  kind: string;
  /** Its first paragraph, cut where it is long. */
  summary: string;
  figures: string[];
  captions: string[];
  table: string | null;
  units: string[];
  images: number[];
  settings: Record<string, unknown>;
  /** Whether there is more of it in a script of its own. */
  data?: boolean;
  /** Pictures beside the figures. */
  pictures?: string[];
  /** The table, in lists of old, which had everything in them. */
  shown: ShownTable | null;
  /** What its card draws, in hundredths; not in lists of old. */
  sketch?: (number | null)[][];
  /** How: the kind of its first chart, "grid" or "graph". */
  drawn?: string;
  /** The beginning of its table, where nothing else can be shown on a card. */
  glimpse?: string[][];
  /** Layer, rule and verdict of each row, of tests of projections. */
  verdicts?: string[][];
}

export interface ChartSeries {
  name: string;
  look: "measured" | "compared";
  values: Numbers;
  low?: Numbers;
  high?: Numbers;
  /** What single points are. */
  names?: string[];
}

/** Curves over numbers, values of things with names, or points. */
export interface Chart {
  title: string;
  kind: "lines" | "rows" | "points";
  y: string;
  x: string;
  note: string;
  at: (number | string)[];
  series: ChartSeries[];
}

/** What any experiment may have beside what its kind has. */
export interface ResultData {
  charts?: Chart[];
  /** Small pictures side by side in one file, transparent between them. */
  sheets?: { title: string; picture: string }[];
  /** By column of the table what it is called, and what that means. */
  columns?: Record<string, [string, string]>;
}

/** Images with the parts that were covered in them. */
export interface PartsData {
  covered?: { name: string; image: number | null; picture: string; size: [number, number]; boxes: Record<string, Box> }[];
}

/** A training followed: layers, each with a script of its own, and pictures beside those of the atlas. */
export interface EvolutionData {
  epochs: number[];
  input: [number, number];
  layers: { layer: string; units: number }[];
  /** Images whose pictures lie with the experiment, by their number there. */
  own: number[];
  /** What their numbers are in the atlas. */
  images: Record<string, number>;
  /** Units with a projection at every epoch. */
  units: Record<string, { picture: string; grid: Grid }>;
}

export interface EvolutionPart {
  layer: string;
  /** By epoch, the units that another image or place excites most than before: unit, image, box. */
  steps: [number, number, number, number, number, number][][];
  values: Numbers[];
  /** How like each unit's responses are to those in the end. */
  like: Numbers[];
}

/** Which images responses are kept of, to compare units of two atlases by. */
export interface ResponseIndex {
  images: number[];
  names: string[];
}

/** Responses of a layer's units, `images` bytes each, in base64. */
export interface ResponseData {
  layer: string;
  images: number;
  codes: string;
}

/** Whether a score falls more, or less, than without the unit's controls on the half of the images that did not choose the pair. */
export type Verdict = "more" | "less" | "no";

/** What silencing does, of all pairs: unit, class, change of the score, that of its controls, what came of the test. */
export interface EffectsData {
  pairs: [string, string, number, number | null, (Verdict | null)?][];
  /** By layer and channel: the share of answers that is lost without a unit, and how far the score falls that needs it most. */
  layers?: Record<string, { lost: (number | null)[]; falls: (number | null)[] }>;
}

/** What fed a unit on an image: nodes from it down, and which gives how much through which. */
export interface CauseGraph {
  unit: string;
  value: number;
  /** The image's number in the atlas. */
  image: number | null;
  name: string;
  /** A picture with a column for each node: its patch above what its unit takes there. */
  sheet: string | null;
  layers: string[];
  curved: string;
  balances: { layer: string; parts: number; others: number; biases: number; remainder: number }[];
  nodes: { unit: string; value: number; amount: number; box: Box }[];
  /** Cause, effect, amount. */
  edges: [number, number, number][];
}

export interface CausesData {
  graphs: CauseGraph[];
  /** Unit, cause, mean of what it gives, its error, on how many images it is among the strongest, of how many. */
  usual: [string, string, number, number | null, number, number][];
}

/** What covering each place of images does. */
export interface OcclusionData {
  boxes: Box[];
  shape: [number, number];
  images: { name: string; image: number | null; grids: { of: string; before: number | null; after: Numbers }[] }[];
}

/** What a network answered to labelled images: counts by class and answer where they are few, and its mistakes. */
export interface EvaluationData {
  matrix: { classes: string[]; answers: string[]; targets: number[]; counts: number[][] } | null;
  pairs: { label: string; answer: string; count: number; images: number[] }[];
  /** How sure it was of the answer; the image's number in the atlas, or null. */
  surest: { label: string; answer: string; sure: number; image: number | null; name: string }[];
  wrong: number;
}

/** Another atlas in the folder `atlases/NAME`, to compare with. */
export interface Neighbour {
  name: string;
  model: string;
  data: string;
}
