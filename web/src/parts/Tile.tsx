import type { Atlas } from "../store";
import { fill, useAtlas, usePicture } from "../store";
import type { Grid, LayerEntry, UnitData } from "../types";

export type Kind = "photos" | "projections";

interface Props {
  path: string | null;
  grid: Grid;
  panel: number;
  cell: number;
  /** Longest side on the page, in CSS pixels; the shape is the cell's. */
  side: number;
  label?: string;
  /** A projection, which is shown with the contrast that was chosen. */
  boost?: boolean;
  /** The part of the cell that is shown alone, in fractions of its sides: y, x, height, width. */
  part?: Part | null;
  from?: Atlas | null;
}

export type Part = [number, number, number, number];

/** Pixels of a cell up to which they are shown as squares: what is larger was reduced, and has no pixels of its own. */
const SHARP = 64;

/** One cell of a picture file, placed so that nothing of its neighbours shows. */
export function Tile({ path, grid, panel, cell, side, label, boost, part, from }: Props) {
  const url = usePicture(path, from);
  const scale = side / Math.max(grid.width, grid.height);
  const [above, before, height, width] = part ?? [0, 0, 1, 1];
  const enlarged = scale / width;
  const sharp = enlarged > 2 && (grid.lossless || Math.max(grid.width, grid.height) <= SHARP);
  // Enlarged smoothly, the outer half of a border's pixels would be mixed with those of the neighbouring cell.
  const [y0, x0] = enlarged > 1 ? [(sharp ? 0.02 : 0.5) / grid.height, (sharp ? 0.02 : 0.5) / grid.width] : [0, 0];
  const [top, left, tall, wide] = [above + y0, before + x0, height - 2 * y0, width - 2 * x0];
  const [down, across] = [scale / tall, scale / wide];
  const x = (panel * grid.columns + (cell % grid.columns)) * grid.pitchX + left * grid.width;
  const y = Math.floor(cell / grid.columns) * grid.pitchY + top * grid.height;
  const words = label ? ({ role: "img", "aria-label": label } as const) : ({ "aria-hidden": true } as const);
  return (
    <span
      class={`tile${sharp ? " sharp" : ""}${boost ? " projection" : ""}`}
      style={{
        width: `${grid.width * scale}px`,
        height: `${grid.height * scale}px`,
        backgroundImage: url ? `url("${url}")` : "none",
        backgroundPosition: `${-x * across}px ${-y * down}px`,
        backgroundSize: `${grid.panels * grid.columns * grid.pitchX * across}px ${grid.rows * grid.pitchY * down}px`,
      }}
      {...words}
    />
  );
}

/** In the place of the pictures of a unit that never responds. */
export const DeadTile = ({ side }: { side: number }) => <span class="tile none" aria-hidden="true" style={{ width: `${side}px`, height: `${side}px` }} />;

/** A unit's strongest patch or projection, from the contact sheets of its layer. */
export function UnitTile(props: { layer: LayerEntry; channel: number; kind: Kind; side: number; label?: string; from?: Atlas | null }) {
  const own = useAtlas();
  const { layer, channel, kind, side, label, from = null } = props;
  const sheet = layer.sheet;
  const path = fill((from ?? own).manifest.paths[kind], { layer: layer.id, sheet: Math.floor(channel / sheet.units) });
  return (
    <Tile path={path} grid={sheet} panel={0} cell={channel % sheet.units} side={side} boost={kind === "projections"} from={from} {...(label ? { label } : {})} />
  );
}

/** The part of a field where a projection is, in fractions of the field's sides; null where it is all of it, or not known. */
export function partOf(unit: Pick<UnitData, "boxes" | "content">, rank: number): Part | null {
  const [box, part] = [unit.boxes[rank], unit.content?.[rank]];
  if (!box || !part) return null;
  const [height, width] = [box[2] - box[0], box[3] - box[1]];
  const found: Part = [(part[0] - box[0]) / height, (part[1] - box[1]) / width, (part[2] - part[0]) / height, (part[3] - part[1]) / width];
  return found[2] > 0 && found[3] > 0 && (found[2] < 1 || found[3] < 1) ? found : null;
}

/** One of a unit's k cells, from its sprite: the part where the projection is where `zoom`, else the whole field. */
export function ExampleTile(props: { layer: LayerEntry; unit: UnitData; kind: Kind; rank: number; side: number; zoom?: boolean; region?: Region; from?: Atlas | null }) {
  const own = useAtlas();
  const { layer, unit, kind, rank, side, zoom, region = [0, 0, 1], from = null } = props;
  const { paths } = (from ?? own).manifest;
  const part = zoom ? partOf(unit, rank) : null;
  const kept = part !== null && layer.content?.kept === true && paths.content !== undefined;
  const path = unit.dead || unit.values[rank] === 0 ? null : fill(kept ? (paths.content as string) : paths.sprite, { layer: layer.id, channel: unit.channel });
  return <Tile path={path} grid={layer.sprite} panel={kind === "photos" ? 0 : 1} cell={rank} side={side} boost={kind === "projections"} part={within(kept ? null : part, region)} from={from} />;
}

/** A square part of what is shown, in fractions of its sides: y, x, size. */
export type Region = readonly [number, number, number];

function within(part: Part | null, [y, x, size]: Region): Part | null {
  const [top, left, tall, wide] = part ?? [0, 0, 1, 1];
  return size === 1 ? part : [top + y * tall, left + x * wide, size * tall, size * wide];
}

/** A region moved by fractions of what it shows, and made so many times smaller around a place within it; it stays inside. */
export function moved([y, x, size]: Region, by: { down?: number; right?: number; times?: number; at?: [number, number] }): Region {
  const next = Math.max(1 / 8, Math.min(1, size / (by.times ?? 1)));
  const [atY, atX] = by.at ?? [0.5, 0.5];
  const inside = (value: number): number => Math.max(0, Math.min(1 - next, value));
  return [inside(y + (by.down ?? 0) * size + atY * (size - next)), inside(x + (by.right ?? 0) * size + atX * (size - next)), next];
}
