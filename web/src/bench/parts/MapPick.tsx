import { Drawn, useBench } from "../bench";
import { lit } from "../draw";
import type { Pair } from "../state";
import { unitParts } from "../state";
import type { LayerTold, UnitTold } from "../types";

const SIDE = 176;

/** A unit's map over the photo; a click, or the arrow keys, choose one place of it. */
export function MapPick({ unit, layer, at, other, choose }: { unit: string; layer: LayerTold; at: Pair | null; other: UnitTold | null; choose: (at: Pair | null) => void }) {
  const { glance, held, chosen } = useBench();
  const parts = unitParts(unit);
  const found = glance?.layers.find((one) => one.name === layer.name)?.units.find((one) => String(one.channel) === parts?.channel) ?? other;
  if (!found || !held || !at) return null;
  const size: Pair = [layer.height, layer.width];
  const clamped = (to: Pair): Pair => to.map((one, axis) => Math.min(Math.max(one, 0), (size[axis] as number) - 1)) as Pair;
  const click = (event: MouseEvent): void => {
    if (event.detail === 0) return choose(null); // by a key: back to where it is the strongest
    const box = (event.currentTarget as HTMLElement).querySelector("canvas")?.getBoundingClientRect();
    if (!box) return;
    choose(clamped([Math.floor(((event.clientY - box.top) / box.height) * size[0]), Math.floor(((event.clientX - box.left) / box.width) * size[1])]));
  };
  const step = (event: KeyboardEvent): void => {
    const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    choose(clamped([at[0] + (way[0] as number), at[1] + (way[1] as number)]));
  };
  const fixed = chosen.unit?.includes("@") ?? false;
  return (
    <div class="map-pick">
      <button type="button" onClick={click} onKeyDown={step} aria-label={`Map of ${unit}: row ${at[0]}, column ${at[1]}${fixed ? "" : ", the strongest"}. The arrow keys choose another place, Enter the strongest.`}>
        <Drawn draw={(canvas) => lit(canvas, held.crop, found, SIDE)} of={[held.crop, found]} />
        <i style={{ top: `${(100 * at[0]) / size[0]}%`, left: `${(100 * at[1]) / size[1]}%`, height: `${100 / size[0]}%`, width: `${100 / size[1]}%` }} />
      </button>
      <p class="note">
        Its map: click a place to see what is taken there.{" "}
        {fixed && (
          <button class="plain" type="button" onClick={() => choose(null)}>
            Back to the strongest
          </button>
        )}
      </p>
    </div>
  );
}
