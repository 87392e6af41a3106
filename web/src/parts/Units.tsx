import { useCallback, useMemo, useState } from "preact/hooks";
import { likeness, measureOf } from "../alike";
import type { LayerView } from "../layerview";
import { arrange, isSilenced, isTuned, readView, writeView } from "../layerview";
import { useMarks } from "../marks";
import { parseUnit, toLayer, toUnit } from "../route";
import { useKeys, useShell } from "../shell";
import { fill, useAtlas, useData } from "../store";
import type { AlikeData, ControlData, LayerData, LayerEntry, TuningData, UnitShard } from "../types";
import { percent, shareOf, short } from "../words";
import { VirtualGrid } from "./Grid";
import { LayerBar } from "./LayerBar";
import { LayerMap } from "./LayerMap";
import { useSilencing } from "./Needs";
import { DeadTile, UnitTile } from "./Tile";

const SIDE = 84;
const NARROW = 72; // two pairs side by side on a phone

/** The number under a unit: what the grid is sorted by, the maximum otherwise. */
function figure(data: LayerData, view: LayerView, near: Map<number, number>, controls: ControlData | null, measured: (number | null)[] | undefined, channel: number): string {
  if (data.dead.includes(channel)) return "dead";
  if (isTuned(view.sort)) return shareOf(measured?.[channel]);
  if (isSilenced(view.sort)) {
    const value = measured?.[channel] ?? null;
    return value === null ? "–" : view.sort === "lost" ? percent(value) : short(value);
  }
  switch (view.sort) {
    case "mean":
      return short(data.mean[channel]);
    case "active":
      return percent(data.active[channel]);
    case "selectivity":
      return short(data.selectivity?.[channel]);
    case "control":
      return controls?.similarity[channel]?.toFixed(2) ?? "–";
    case "similar":
      return channel === view.near ? "this" : (near.get(channel)?.toFixed(2) ?? "–");
    default:
      return short(data.maximum[channel]);
  }
}

interface Likeness {
  nearest: [number, number][];
  /** What was compared, in words; empty where units are not sorted by it. */
  measure: string;
  known: AlikeData | null;
  error: Error | null;
}

/** The units of a layer with their likeness to one, by what the atlas knows of it: all pairs nearly, the nearest exactly. */
function useLikeness(layer: LayerEntry, view: LayerView): Likeness {
  const { manifest } = useAtlas();
  const unit = view.sort === "similar" && view.near !== null && view.near < layer.channels ? view.near : null;
  const all = Boolean(manifest.extras?.alike);
  const known = useData<AlikeData>((unit !== null || view.sort === "map") && all ? `alike/${layer.id}` : null);
  const shard = useData<UnitShard>(unit !== null ? `layers/${layer.id}/${Math.floor(unit / layer.shard.units)}` : null);
  return useMemo(() => {
    const error = known.error ?? shard.error;
    if (view.sort === "map") return { nearest: [], measure: known.value ? measureOf(known.value) : "", known: known.value, error };
    if (unit === null) return { nearest: [], measure: "", known: null, error };
    const few = shard.value?.units.find((one) => one.channel === unit)?.nearest ?? [];
    // Atlases of old have lists of nearest units by another measure: those are not mixed.
    const same = layer.neighbours.startsWith("correlation of strongest responses");
    // Neither list is shown before the other is there: the units would change places under the reader's eyes.
    const whole = !same || shard.value !== null || shard.error !== null;
    if (known.value && whole) return { nearest: likeness(known.value, unit, same ? few : []), measure: measureOf(known.value), known: null, error };
    return { nearest: all ? [] : few, measure: few.length && !all ? `${layer.neighbours}, the nearest ${few.length} only` : "", known: null, error };
  }, [unit, view.sort, layer, known.value, shard.value, known.error, shard.error]);
}

/** The marked units of a layer. */
export function useMarked(layer: LayerEntry): Set<number> {
  const all = useMarks().all();
  return useMemo(
    () => new Set(Object.keys(all).flatMap((text) => { const unit = parseUnit(text); return unit?.layer === layer.name ? [unit.channel] : []; })),
    [all, layer],
  );
}

export function Units({ layer, data, query }: { layer: LayerEntry; data: LayerData; query: URLSearchParams }) {
  const atlas = useAtlas();
  const { router, toast } = useShell();
  const marks = useMarks();
  const text = query.toString();
  const view = useMemo(() => readView(query), [text]);
  const { nearest, measure, known, error } = useLikeness(layer, view);
  const controls = useData<ControlData>(atlas.manifest.paths.likeness ? fill(atlas.manifest.paths.likeness, { layer: layer.id }) : null);
  const kept = useData<TuningData>(isTuned(view.sort) && atlas.manifest.paths.tuning ? fill(atlas.manifest.paths.tuning, { layer: layer.id }) : null).value;
  const silenced = useSilencing(layer.name, isSilenced(view.sort));
  const measured = isSilenced(view.sort) ? silenced.data?.layers?.[layer.name]?.[view.sort] : kept?.kept[kept.kinds.findIndex((kind) => kind.name === view.sort)];
  const only = atlas.manifest.subset?.[layer.name];
  const marked = useMarked(layer);
  const { units, counts } = useMemo(() => arrange(layer, data, view, { nearest, controls: controls.value?.similarity, measured, only, marked }), [layer, data, view, nearest, controls.value, measured, marked]);
  const [chosen, choose] = useState<number>(() => (query.has("at") ? Number(query.get("at")) : -1));
  const near = useMemo(() => new Map(nearest), [nearest]);

  const change = (part: Partial<LayerView>): void => router.replace(toLayer(layer.name, writeView({ ...view, ...part })));
  const open = useCallback(
    (channel: number): void => {
      // So that going back comes back to this unit.
      router.replace(toLayer(layer.name, { ...writeView(view), at: channel }));
      router.go(toUnit(layer.name, channel));
    },
    [router, layer, view],
  );
  useKeys({
    p: () => change({ view: "photos" }),
    r: () => change({ view: "projections" }),
    b: () => change({ view: "both" }),
    m: () => {
      if (chosen >= 0) toast(`${layer.name}:${chosen} ${marks.toggle(`${layer.name}:${chosen}`) ? "marked" : "no longer marked"}`);
    },
  });
  const kinds = view.view === "both" ? (["photos", "projections"] as const) : ([view.view] as const);
  const side = window.innerWidth < 480 ? NARROW : SIDE;
  const cell = useMemo(() => ({ width: kinds.length * side + (kinds.length - 1) * 3 + 14, height: side + 32 }), [kinds.length, side]);
  const render = useCallback(
    (index: number, tab: boolean) => {
      const channel = units[index] as number;
      const words = data.names?.[channel];
      return (
        <a
          class={data.dead.includes(channel) ? "unit dead" : "unit"}
          href={toUnit(layer.name, channel)}
          tabIndex={tab ? 0 : -1}
          onFocus={() => choose(channel)}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
            event.preventDefault();
            open(channel);
          }}
          title={`${layer.name}:${channel}${words ? ` ${words}` : ""}`}
        >
          <span class="pair">
            {kinds.map((kind) => (data.dead.includes(channel) ? <DeadTile key={kind} side={side} /> : <UnitTile key={kind} layer={layer} channel={channel} kind={kind} side={side} />))}
          </span>
          <span class="caption">
            <b>
              <span class="heard">Unit {words ? `${channel} ` : ""}</span>
              {words ? <bdi>{words}</bdi> : channel}
              {marked.has(channel) && <span class="star" role="img" aria-label="marked">★</span>}
            </b>
            <span>{figure(data, view, near, controls.value, measured, channel)}</span>
          </span>
        </a>
      );
    },
    [layer, data, view, units, near, controls.value, measured, marked, open, side],
  );
  return (
    <>
      <LayerBar layer={layer} data={data} silenced={silenced.experiment !== null} view={view} counts={counts} shown={units.length} measure={controls.error ? "the likeness to controls cannot be read" : error ? "how alike units are cannot be read" : measure} change={change} />
      {units.length === 0 ? (
        <p class="empty">
          No unit passes these filters. <a href={toLayer(layer.name)}>Show all {counts.all}</a>
        </p>
      ) : view.sort === "map" ? (
        <LayerMap layer={layer} data={data} known={known} units={units} kind={view.view === "projections" ? "projections" : "photos"} chosen={chosen} choose={choose} open={open} missing={!atlas.manifest.extras?.alike || error !== null} />
      ) : (
        <VirtualGrid
          count={units.length}
          cell={cell}
          label={`Units of ${layer.name}`}
          current={units.indexOf(chosen)}
          select={(index) => choose(units[index] ?? -1)}
          open={(index) => open(units[index] as number)}
          keyOf={(index) => units[index] ?? index}
          render={render}
        />
      )}
    </>
  );
}
