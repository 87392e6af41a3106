import { useState } from "preact/hooks";
import { firstOf } from "../downloads";
import { toUnit } from "../route";
import { fill, useAtlas } from "../store";
import type { Box, Grid, LayerEntry, Strong, TakenData } from "../types";
import { short } from "../words";
import { UnitCaption } from "./small";
import { Tile } from "./Tile";
import type { Over } from "./WholeImage";
import { Cut } from "./WholeImage";

/** The input pixels that a position of a layer sees. */
export function boxAt(layer: LayerEntry, y: number, x: number, input: [number, number, number]): Box {
  const field = layer.field;
  if (!field) return [0, 0, input[1], input[2]];
  const top = Math.round(y * field.stride[0] + field.offset[0]);
  const left = Math.round(x * field.stride[1] + field.offset[1]);
  return [top, left, top + field.size[0], left + field.size[1]];
}

/** What is looked at in an image: a unit's field, the part of it where its projection is, and the projection. */
export interface Place {
  box: Box;
  part: Box | null;
  over: Over | null;
  words: string;
}

/** Six pairs beside each other in what a photo leaves of the page. */
const sideNow = (): number => (window.innerWidth >= 1700 ? 96 : 64);

interface Props {
  layer: LayerEntry;
  /** The layer's number, which is the row of its projections. */
  row: number;
  image: number;
  rows: Strong[];
  /** The units whose strongest images this one is among, and its place there. */
  wins: [number, number, number][];
  grid: Grid | undefined;
  /** What each of the units takes from the image, where that was kept. */
  taken: TakenData["layers"][number] | undefined;
  mark: (at: Place | null) => void;
  pin: (at: Place | null) => void;
  pinned: Place | null;
}

/** The units of a layer that respond most to an image: where, and what each takes from it. */
export function StrongUnits({ layer, row, image, rows, wins, grid, taken, mark, pin, pinned }: Props) {
  const { manifest } = useAtlas();
  const path = manifest.paths.taken && grid ? fill(manifest.paths.taken, { image, thousand: Math.floor(image / 1000) }) : null;
  return (
    <ul class="tiles">
      {rows.map(([channel, value, share, y, x], at) => {
        const [y0, x0, y1, x1, scale] = taken?.[at] ?? [];
        const part = y0 === undefined ? null : ([y0, x0, y1, x1] as Box);
        const over = part && path && grid ? { path, grid, cell: row * grid.columns + at } : null;
        const place = { box: boxAt(layer, y, x, manifest.model.input), part, over, words: `${layer.name}:${channel}, response ${short(value)}${scale ? `; black and white ±${short(scale)}` : ""}` };
        const show = (): void => mark(place);
        const held = pinned?.words === place.words;
        const rank = wins.find((win) => win[1] === channel)?.[2];
        return (
          <li key={channel} onPointerEnter={(event) => event.pointerType === "mouse" && show()} onPointerLeave={() => mark(null)}>
            <a href={toUnit(layer.name, channel)} onFocus={show} onBlur={() => mark(null)}>
              <span class="pair">
                <span class="cut-tile" style={{ width: `${sideNow()}px` }}>
                  <Cut image={image} box={part ?? place.box} />
                </span>
                {over ? <Tile path={over.path} grid={over.grid} panel={0} cell={over.cell} side={sideNow()} boost /> : rank !== undefined ? <Example layer={layer} channel={channel} rank={rank} /> : <span class="tile none" title="not projected" style={{ width: `${sideNow()}px`, height: `${sideNow()}px` }} />}
              </span>
              <UnitCaption layer={layer} channel={channel}>
                <span title="response, and its share of the unit's maximum">
                  {short(value)} · {share >= 0.9995 ? "max" : `${Math.round(100 * share)} %`}
                </span>
              </UnitCaption>
            </a>
            <button type="button" class="versus" aria-pressed={held} aria-label={`Where unit ${channel} responds`} title="Where it responds, and what it takes" onClick={() => (pin(held ? null : place), held && mark(null))}>
              <svg viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="8" cy="8" r="4.5" />
                <path d="M8 0v6M8 10v6M0 8h6M10 8h6" />
              </svg>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** What a unit takes from an image that is among its strongest: from the unit's own picture. */
function Example({ layer, channel, rank, photo }: { layer: LayerEntry; channel: number; rank: number; photo?: boolean }) {
  return <Tile path={firstOf(useAtlas(), layer, channel)} grid={layer.sprite} panel={photo ? 0 : 1} cell={rank} side={sideNow()} boost={!photo} />;
}

const SHOWN = 24;

/** Units that an image is among the strongest of: the place in it, and what they take from there. */
export function Won({ layer, wins }: { layer: LayerEntry; wins: [number, number, number][] }) {
  const [all, more] = useState(false);
  const shown = all ? wins : wins.slice(0, SHOWN);
  return (
    <>
      <ul class="tiles">
        {shown.map(([, channel, rank]) => (
          <li key={channel}>
            <a href={toUnit(layer.name, channel)}>
              <span class="pair">
                <Example layer={layer} channel={channel} rank={rank} photo />
                <Example layer={layer} channel={channel} rank={rank} />
              </span>
              <UnitCaption layer={layer} channel={channel}>
                <span>no. {rank + 1}</span>
              </UnitCaption>
            </a>
          </li>
        ))}
      </ul>
      {wins.length > shown.length && (
        <button type="button" onClick={() => more(true)}>
          Show all {wins.length}
        </button>
      )}
    </>
  );
}
