import { useLayoutEffect, useState } from "preact/hooks";
import { toImage } from "../route";
import { useKeys } from "../shell";
import type { LayerEntry, UnitData, UnitShard } from "../types";
import { short } from "../words";
import { labelOf, nameOf } from "./Examples";
import { useModal } from "./KeyHelp";
import { Choice, Name } from "./small";
import type { Region } from "./Tile";
import { ExampleTile, moved } from "./Tile";
import { WholeImage } from "./WholeImage";

export type Mode = "pair" | "overlay" | "whole";

interface Props {
  layer: LayerEntry;
  shard: UnitShard;
  unit: UnitData;
  rank: number;
  mode: Mode;
  zoomed: boolean;
  go: (rank: number, mode?: Mode) => void;
  close: () => void;
}

/** One example, large: photo and projection side by side or one over the other, or the whole image. */
export function Lightbox({ layer, shard, unit, rank, mode, zoomed, go, close }: Props) {
  const setMode = (next: Mode): void => go(rank, next);
  const [region, look] = useState<Region>([0, 0, 1]);
  const zoom = 1 / region[2];
  const [mix, setMix] = useState(50);
  const count = unit.images.length;
  const turn = (by: number) => (): void => go((rank + by + count) % count);
  const scale = (by: number) => (): void => look((now) => moved(now, { times: by }));
  const keys: Record<string, () => void> = {
    Escape: close,
    ArrowLeft: turn(-1),
    ArrowRight: turn(1),
    h: turn(-1),
    l: turn(1),
    "+": scale(1.5),
    "=": scale(1.5),
    "-": scale(1 / 1.5),
    f: () => setMode(mode === "whole" ? "pair" : "whole"),
    o: () => setMode(mode === "overlay" ? "pair" : "overlay"),
    p: () => setMode("pair"),
  };
  for (let other = 0; other < Math.min(9, count); other += 1) keys[String(other + 1)] = () => go(other);
  useKeys(keys, true);
  const modal = useModal(close);
  useLayoutEffect(() => look([0, 0, 1]), [rank, mode]);
  const image = unit.images[rank] as number;
  const name = nameOf(shard, image);
  const label = labelOf(shard, image);
  const wide = typeof innerWidth === "number" ? innerWidth : 1000;
  const tall = typeof innerHeight === "number" ? innerHeight : 800;
  const side = Math.round(Math.max(96, Math.min((wide - 80) / (mode === "pair" ? 2 : 1), tall - 260, 640)));
  const tile = { layer, unit, rank, side, zoom: zoomed, region };
  /** Where in the picture under the pointer an event is, in fractions of its sides. */
  const place = (event: MouseEvent): [number, number] => {
    const box = (event.target as Element).getBoundingClientRect();
    return [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
  };
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const at = place(event);
    look((now) => moved(now, { times: event.deltaY < 0 ? 1.15 : 1 / 1.15, at }));
  };
  const drag = (event: PointerEvent): void => {
    if (event.buttons & 1) look((now) => moved(now, { down: -event.movementY / side, right: -event.movementX / side }));
  };
  return (
    <div class="modal" aria-label={`Example ${rank + 1} of ${layer.name}:${unit.channel}`} {...modal}>
      <div class="sheet lightbox">
        <div class="lightbox-bar">
          <Choice
            label="View"
            value={mode}
            options={[
              ["pair", "Side by side"],
              ["overlay", "Overlay"],
              ["whole", "Whole image"],
            ]}
            change={setMode}
          />
          {mode === "overlay" && (
            <label class="slider">
              photo
              <input type="range" min="0" max="100" value={mix} onInput={(event) => setMix(Number(event.currentTarget.value))} aria-label="Photo to projection" />
              projection
            </label>
          )}
          <span class="zoom">
            <button class="icon" type="button" onClick={scale(1 / 1.5)} aria-label="Zoom out" disabled={zoom <= 1}>
              −
            </button>
            <output>{Math.round(zoom * 100)} %</output>
            <button class="icon" type="button" onClick={scale(1.5)} aria-label="Zoom in" disabled={zoom >= 8}>
              +
            </button>
          </span>
          <button class="icon close" type="button" onClick={close} aria-label="Close" data-first>
            ×
          </button>
        </div>
        <div class={zoom > 1 ? "stage zoomed" : "stage"} onWheel={wheel} onPointerDown={(event) => zoom > 1 && event.currentTarget.setPointerCapture(event.pointerId)} onPointerMove={drag} onDblClick={(event) => look((now) => moved(now, now[2] < 1 ? { times: 1 / 8 } : { times: 3, at: place(event) }))} tabIndex={0} role="group" aria-label="Picture; drag to move, wheel to zoom">
          {mode === "pair" && (
            <div class="large-pair">
              <ExampleTile kind="photos" {...tile} />
              <ExampleTile kind="projections" {...tile} />
            </div>
          )}
          {mode === "overlay" && (
            <div class="overlay">
              <ExampleTile kind="photos" {...tile} />
              <span class="over" style={{ opacity: String(mix / 100) }}>
                <ExampleTile kind="projections" {...tile} />
              </span>
            </div>
          )}
          {mode === "whole" && (
            <div class="large-whole" style={{ width: `${side}px` }}>
              <WholeImage image={image} name={name} box={unit.boxes[rank] ?? null} part={unit.content?.[rank] ?? null} region={region} />
            </div>
          )}
        </div>
        <div class="lightbox-foot">
          <button class="icon" type="button" onClick={turn(-1)} aria-label="Previous example">
            ←
          </button>
          <p>
            <b>{rank + 1}</b> of {count} · activation <b class="number">{short(unit.values[rank])}</b>
            {label !== null && (
              <>
                {" · "}
                <Name text={label} />
              </>
            )}
            {" · "}
            <a href={toImage(image)}>
              <Name text={name} />
            </a>
            {layer.spatial && ` · row ${unit.y[rank]}, column ${unit.x[rank]}`} · black and white: ±{short((zoomed && layer.content?.kept ? unit.partScales : unit.scales)?.[rank] ?? unit.scales[rank])}
          </p>
          <button class="icon" type="button" onClick={turn(1)} aria-label="Next example">
            →
          </button>
        </div>
      </div>
    </div>
  );
}
