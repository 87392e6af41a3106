import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { Choice } from "../../parts/small";
import { calledOf, Drawn, type Shared, told, useBench } from "../bench";
import { lit, type Picture } from "../draw";
import { roleOf } from "../../words";
import type { UnitTold } from "../types";
import { number } from "../words";
import { useKeys } from "../keys";
import { unitParts, without } from "../state";
import { Slow } from "./Slow";

const SIDE = 104;
const OPS: Record<string, string> = { cat: "concatenation", add: "sum" }; // which beside a photo would be read otherwise

const AHEAD = "200px"; // beyond what is seen

/** What watches a layer's row, and which of them are in sight: all until that is known. */
function useInSight(): [(row: HTMLElement | null) => void, (layer: string) => boolean] {
  const [hidden, set] = useState<ReadonlySet<string>>(new Set());
  const [watching] = useState(
    () =>
      new IntersectionObserver(
        (seen) =>
          set((before) => {
            const now = new Set(before);
            for (const { target, isIntersecting } of seen) if (target.isConnected) now[isIntersecting ? "delete" : "add"]((target as HTMLElement).dataset.layer ?? "");
            return now;
          }),
        { rootMargin: AHEAD },
      ),
  );
  const [take] = useState(() => (row: HTMLElement | null) => {
    if (row) watching.observe(row);
  });
  useEffect(() => {
    const all = (): void => set(new Set()); // on paper everything is in sight
    addEventListener("beforeprint", all);
    return () => {
      removeEventListener("beforeprint", all);
      watching.disconnect();
    };
  }, []);
  return [take, (layer) => !hidden.has(layer)];
}

/** In each layer the strongest units, as the photo lit where they are strong. */
export function Layers() {
  const { glance, plain, chosen, choose, about, held } = useBench();
  const beside = (by: number): void => {
    const now = chosen.unit && unitParts(chosen.unit);
    const units = glance?.layers.flatMap((layer) => layer.units.map((unit) => `${layer.name}:${unit.channel}`)) ?? [];
    const at = now ? units.indexOf(`${now.layer}:${now.channel}`) : -1;
    const to = units[Math.min(Math.max(at + by, 0), units.length - 1)];
    if (to) choose({ unit: to });
  };
  useKeys({ "[": () => beside(-1), "]": () => beside(1) });
  useLayoutEffect(() => {
    if (glance && held) told("glance");
  }, [glance, held?.crop]);
  const [watch, inSight] = useInSight();
  const sights = glance?.layers.map((layer) => inSight(layer.name)).join();
  // Nothing of the rows changes while the square moves and no answer has come yet.
  const rows = useMemo(
    () =>
      glance?.layers.map((layer, nth) => {
        const before = new Map(plain?.layers[nth]?.units.map((unit) => [unit.channel, unit.value]));
        return (
          <div class="layer-row" key={layer.name} ref={watch} data-layer={layer.name}>
            <h3>
              <bdi>{layer.name}</bdi> <small>{[OPS[about.layers.find((one) => one.name === layer.name)?.op ?? ""] ?? about.layers.find((one) => one.name === layer.name)?.op, roleOf(layer.name, about.layers)].filter(Boolean).join(", ")}</small>
            </h3>
            <ul>
              {layer.units.map((unit, place) => (
                <li key={place}>
                  <Tile layer={layer.name} unit={unit} before={before.get(unit.channel)} photo={held?.crop} unitNow={chosen.unit} silenced={chosen.silenced} choose={choose} called={calledOf(about, `${layer.name}:${unit.channel}`)} seen={inSight(layer.name)} />
                </li>
              ))}
            </ul>
          </div>
        );
      }),
    [glance, plain, held?.crop, chosen.unit, chosen.silenced, sights],
  );
  if (!glance || !held)
    return (
      <div class="loading quiet">
        <p role="status">Looking…</p>
        <Slow />
      </div>
    );
  return (
    <section aria-labelledby="layers-title">
      <div class="middle-head">
        <h2 id="layers-title">Strongest units</h2>
        <LayerChoice />
        {about.atlas && (
          <Choice
            label="What is strong"
            value={chosen.by}
            options={[["activation", "by activation"], ["atlas", "by share of its maximum"]]}
            change={(by: "activation" | "atlas") => choose({ by })}
          />
        )}
      </div>
      <p class="note">The photo is bright where a unit responds. Below stand the unit's number in its layer, and its strongest response.</p>
      {rows}
    </section>
  );
}

interface TileProps {
  layer: string;
  unit: UnitTold;
  before: number | null | undefined;
  photo: Picture | undefined;
  unitNow: string | null;
  silenced: string[];
  choose: Shared["choose"];
  /** The class whose logit it is. */
  called: string | null;
  /** Whether it is in sight; what is not is drawn when it comes. */
  seen: boolean;
}

/** One of them; it asks for nothing that changes while a square is moved. */
function Tile({ layer, unit, before, photo, unitNow, silenced, choose, called, seen }: TileProps) {
  if (!photo) return null;
  const name = `${layer}:${unit.channel}`;
  const fallen = before !== undefined && before !== null && unit.value !== null && Math.abs(before - unit.value) > 1e-3 * Math.abs(before);
  return (
    <button
      type="button"
      class="tile-button"
      aria-pressed={unitNow !== null && without(unitNow) === name}
      data-silenced={silenced.includes(name)}
      onClick={() => choose({ unit: name }, "push")}
    >
      <Drawn draw={(canvas) => seen && lit(canvas, photo, unit, SIDE)} of={[photo, unit.channel, unit.map?.[2], seen]} />
      <span class="caption">
        <b>
          <span class="heard">{layer}:</span>
          {unit.channel}
        </b>
        <span class={fallen ? "fallen" : ""}>{number(unit.value)}</span>
      </span>
      {called !== null && (
        <small class="called">
          <bdi class="name">{called}</bdi>
        </small>
      )}
      {(fallen || silenced.includes(name)) && (
        <span class="heard">
          {fallen ? `${number(before)} as it is ` : ""}
          {silenced.includes(name) ? "silenced" : ""}
        </span>
      )}
    </button>
  );
}

/** Which layers are shown. */
function LayerChoice() {
  const { about, chosen, choose } = useBench();
  const [open, setOpen] = useState(false);
  const shown = chosen.layers.length ? chosen.layers : about.shown;
  const set = (name: string, on: boolean): void => {
    const wanted = new Set(on ? [...shown, name] : shown.filter((one) => one !== name));
    const layers = about.layers.map((layer) => layer.name).filter((one) => wanted.has(one));
    if (layers.length > 0 && layers.length <= 16) choose({ layers: layers.join() === about.shown.join() ? [] : layers });
  };
  return (
    <details class="layer-choice" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{shown.length} layers</summary>
      {open && (
        <ul>
          {about.layers.map((layer) => (
            <li key={layer.name}>
              <label>
                <input type="checkbox" checked={shown.includes(layer.name)} onChange={(event) => set(layer.name, event.currentTarget.checked)} /> <bdi>{layer.name}</bdi>{" "}
                <small>
                  {layer.channels} × {layer.height} × {layer.width}
                </small>
              </label>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
