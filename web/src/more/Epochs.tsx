import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { toExperiment, toImage, withQuery } from "../route";
import { useShell } from "../shell";
import { useAtlas, useData, usePicture } from "../store";
import type { Box, EvolutionData, EvolutionPart } from "../types";
import { many, short } from "../words";
import { Subject } from "./Chart";
import { VirtualGrid } from "../parts/Grid";
import { Loading, Section } from "../parts/small";
import { Tile } from "../parts/Tile";
import { imagePath } from "../parts/WholeImage";

/** What excites a unit most at an epoch. */
export interface Seen {
  image: number;
  box: Box;
}

/** What excites each unit most, by epoch: each is as it was before where nothing is said of it. */
export function unfold({ steps }: Pick<EvolutionPart, "steps">): Seen[][] {
  let now: Seen[] = [];
  return steps.map((changed) => {
    now = [...now];
    for (const [unit, image, ...box] of changed) now[unit] = { image, box: box as Box };
    return now;
  });
}

const SORTS = [
  ["index", "number"],
  ["most", "changed most"],
  ["least", "changed least"],
  ["jumps", "changed image most often"],
] as const;
type Sort = (typeof SORTS)[number][0];

/** The units in an order: by how unlike their first responses are to their last, or how often another image took over. */
export function ordered(part: EvolutionPart, sort: Sort): number[] {
  const count = part.like[0]?.length ?? 0;
  const units = Array.from({ length: count }, (_, i) => i);
  if (sort === "index") return units;
  const seen = sort === "jumps" ? unfold(part) : [];
  const jumps = (unit: number): number => seen.filter((now, e) => e > 0 && now[unit]?.image !== seen[e - 1]?.[unit]?.image).length;
  const value = units.map((unit) => (sort === "jumps" ? -jumps(unit) : (part.like[0]?.[unit] ?? null)));
  const sign = sort === "least" ? -1 : 1;
  return units.sort((a, b) => {
    const [x, y] = [value[a] ?? null, value[b] ?? null];
    return x === null || y === null ? Number(x === null) - Number(y === null) || a - b : sign * (x - y) || a - b;
  });
}

/** A training epoch by epoch: a whole layer at once, or one unit through all of it. */
export function Epochs({ name, query }: { name: string; query: URLSearchParams }) {
  const { router } = useShell();
  const data = useData<EvolutionData>(`experiments/${name}`).value;
  const asked = query.get("layer");
  const number = Math.max(0, data?.layers.findIndex((one) => one.layer === asked) ?? 0);
  const part = useData<EvolutionPart>(data ? `experiments/${name}/${number}` : null).value;
  if (!data) return <Loading what={name} />;
  const layer = data.layers[number]?.layer ?? "";
  const last = data.epochs.length - 1;
  const spelled = query.get("epoch");
  const at = spelled === null ? last : Math.max(0, data.epochs.indexOf(Number(spelled)));
  const unit = query.has("unit") ? Number(query.get("unit")) : null;
  const sort = SORTS.find(([one]) => one === query.get("sort"))?.[0] ?? "index";
  const change = (next: Record<string, string | number | null>): void =>
    router.replace(withQuery(toExperiment(name), { layer: asked, epoch: spelled, unit: query.get("unit"), sort: query.get("sort"), ...next }));
  const turn = (to: number): void => change({ epoch: data.epochs[to] ?? null });
  return (
    <Section class="panel wide epochs" title="Epoch by epoch" note="The patch that excites each unit most, and how like its responses to the images are to those it has in the end.">
      <div class="bar" role="group" aria-label="What is shown">
        <label>
          Layer
          <select value={layer} onChange={(event) => change({ layer: event.currentTarget.value, unit: null })}>
            {data.layers.map((one) => (
              <option key={one.layer}>{one.layer}</option>
            ))}
          </select>
        </label>
        <label>
          Sort
          <select value={sort} onChange={(event) => change({ sort: event.currentTarget.value === "index" ? null : event.currentTarget.value })}>
            {SORTS.map(([one, words]) => (
              <option key={one} value={one}>
                {words}
              </option>
            ))}
          </select>
        </label>
        {last > 0 && <Play at={at} last={last} turn={turn} />}
        <label class="epoch">
          Epoch <output>{data.epochs[at]}</output>
          <input type="range" min={0} max={last} value={at} onInput={(event) => turn(Number(event.currentTarget.value))} aria-valuetext={`epoch ${data.epochs[at]}`} />
        </label>
      </div>
      {part ? <Units name={name} data={data} part={part} at={at} unit={unit} sort={sort} turn={turn} follow={(next) => change({ unit: next })} /> : <Loading what={layer} />}
    </Section>
  );
}

const BEAT = 700; // milliseconds of an epoch

/** Epoch after epoch until the last; from the first where the last is shown. */
function Play({ at, last, turn }: { at: number; last: number; turn: (to: number) => void }) {
  const [playing, play] = useState(false);
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => (at < last ? turn(at + 1) : play(false)), BEAT);
    return () => clearTimeout(timer);
  }, [playing, at]);
  const press = (): void => {
    if (!playing && at === last) turn(0);
    play(!playing);
  };
  return (
    <button type="button" onClick={press}>
      {playing ? "Pause" : "Play"}
    </button>
  );
}

interface UnitsProps {
  name: string;
  data: EvolutionData;
  part: EvolutionPart;
  at: number;
  unit: number | null;
  sort: Sort;
  turn: (to: number) => void;
  follow: (unit: number | null) => void;
}

const CELL = { width: 88, height: 104 };

function Units({ name, data, part, at, unit, sort, turn, follow }: UnitsProps) {
  const seen = useMemo(() => unfold(part), [part]);
  const units = useMemo(() => ordered(part, sort), [part, sort]);
  const render = useCallback(
    (index: number) => {
      const one = units[index] as number;
      return (
        <button type="button" class="unit" aria-pressed={one === unit} onClick={() => follow(one === unit ? null : one)}>
          <Patch name={name} data={data} seen={seen[at]?.[one]} side={72} />
          <span class="caption">
            <b>
              <span class="heard">Unit </span>
              {one}
            </b>
            <span title="likeness to the end">{part.like[at]?.[one]?.toFixed(2) ?? "–"}</span>
          </span>
        </button>
      );
    },
    [units, seen, at, unit, part],
  );
  return (
    <>
      {unit !== null && unit < units.length && (
        <div class="followed">
          <h3>
            <Subject text={`${part.layer}:${unit}`} />, {many(seen.filter((now, e) => e > 0 && now[unit]?.image !== seen[e - 1]?.[unit]?.image).length, "change")} of image
          </h3>
          <ol>
            {data.epochs.map((epoch, e) => (
              <li key={epoch} class={e === at ? "here" : ""}>
                <button type="button" class="plain-button" onClick={() => turn(e)} aria-label={`Epoch ${epoch}`} aria-pressed={e === at}>
                  <Patch name={name} data={data} seen={seen[e]?.[unit]} side={84} />
                  <Projected name={name} data={data} unit={`${part.layer}:${unit}`} at={e} />
                </button>
                <b class="number">{epoch}</b>
                <small>
                  {short(part.values[e]?.[unit])} · {part.like[e]?.[unit]?.toFixed(2) ?? "–"}
                </small>
                <Where data={data} seen={seen[e]?.[unit]} />
              </li>
            ))}
          </ol>
          <p class="note">Below each epoch the strongest response, and its likeness to the end{data.units[`${part.layer}:${unit}`] ? "" : "; projections are there of units that were followed when it was made"}.</p>
        </div>
      )}
      <VirtualGrid count={units.length} cell={CELL} gap={6} label={`Units of ${part.layer}`} current={unit === null ? -1 : units.indexOf(unit)} select={(index) => follow(units[index] ?? null)} open={() => undefined} keyOf={(index) => units[index] ?? index} keys={false} render={render} />
    </>
  );
}

/** The image, where the atlas has a page of it. */
function Where({ data, seen }: { data: EvolutionData; seen: Seen | undefined }) {
  const image = seen && data.images[seen.image];
  return image === undefined ? null : <a href={toImage(image)}>image {image}</a>;
}

function Projected({ name, data, unit, at }: { name: string; data: EvolutionData; unit: string; at: number }) {
  const one = data.units[unit];
  return one ? <Tile path={`experiments/${name}/${one.picture}`} grid={one.grid} panel={0} cell={at} side={84} boost /> : null;
}

/** What a unit sees of an image, from the atlas's picture of it or from the experiment's own. */
function Patch({ name, data, seen, side }: { name: string; data: EvolutionData; seen: Seen | undefined; side: number }) {
  const atlas = useAtlas();
  const there = seen !== undefined && seen.image >= 0;
  const known = there ? data.images[seen.image] : undefined;
  const url = usePicture(!there ? null : data.own.includes(seen.image) ? `experiments/${name}/${seen.image}.webp` : known === undefined ? null : imagePath(atlas, known));
  if (!there) return <span class="tile none" style={{ width: `${side}px`, height: `${side}px` }} />;
  const [y0, x0, y1, x1] = seen.box;
  const [height, width] = data.input;
  return (
    <svg class={y1 - y0 < 40 ? "cut sharp" : "cut"} viewBox={`${x0} ${y0} ${x1 - x0} ${y1 - y0}`} style={{ width: `${side}px`, height: `${side}px` }} aria-hidden="true">
      <rect class="beyond" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
      {url && <image href={url} width={width} height={height} preserveAspectRatio="none" />}
    </svg>
  );
}
