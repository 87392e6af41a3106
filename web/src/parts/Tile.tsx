import type { Atlas } from "../store";
import { fill, useAtlas, usePicture } from "../store";
import type { Grid, LayerEntry } from "../types";

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
  from?: Atlas | null;
}

/** Pixels of a cell up to which they are shown as squares: what is larger was reduced, and has no pixels of its own. */
const SHARP = 64;

/** One cell of a picture file, placed so that nothing of its neighbours shows. */
export function Tile({ path, grid, panel, cell, side, label, boost, from }: Props) {
  const url = usePicture(path, from);
  const scale = side / Math.max(grid.width, grid.height);
  const x = (panel * grid.columns + (cell % grid.columns)) * grid.pitchX;
  const y = Math.floor(cell / grid.columns) * grid.pitchY;
  const words = label ? ({ role: "img", "aria-label": label } as const) : ({ "aria-hidden": true } as const);
  return (
    <span
      class={`tile${scale > 2 && (grid.lossless || Math.max(grid.width, grid.height) <= SHARP) ? " sharp" : ""}${boost ? " projection" : ""}`}
      style={{
        width: `${grid.width * scale}px`,
        height: `${grid.height * scale}px`,
        backgroundImage: url ? `url("${url}")` : "none",
        backgroundPosition: `${-x * scale}px ${-y * scale}px`,
        backgroundSize: `${grid.panels * grid.columns * grid.pitchX * scale}px ${grid.rows * grid.pitchY * scale}px`,
      }}
      {...words}
    />
  );
}

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

/** One of a unit's k cells, from its sprite. */
export function ExampleTile(props: { layer: LayerEntry; channel: number; kind: Kind; rank: number; side: number; dead?: boolean; from?: Atlas | null }) {
  const own = useAtlas();
  const { layer, channel, kind, rank, side, dead, from = null } = props;
  const path = dead ? null : fill((from ?? own).manifest.paths.sprite, { layer: layer.id, channel });
  return <Tile path={path} grid={layer.sprite} panel={kind === "photos" ? 0 : 1} cell={rank} side={side} boost={kind === "projections"} from={from} />;
}
