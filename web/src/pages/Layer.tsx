import { useMemo, useRef, useState } from "preact/hooks";
import { likeness, measureOf } from "../alike";
import type { LayerView } from "../layerview";
import { arrange, readView, writeView } from "../layerview";
import { LayerBar } from "../parts/LayerBar";
import { VirtualGrid } from "../parts/Grid";
import { Loading, Name, Problem } from "../parts/small";
import { UnitTile } from "../parts/Tile";
import { toLayer, toUnit } from "../route";
import { useKeys, useShell } from "../shell";
import { layerNamed, useAtlas, useData } from "../store";
import type { AlikeData, LayerData, LayerEntry, UnitShard } from "../types";
import { fieldOf, many, shapeOf, short, percent } from "../words";

const SIDE = 84;

export function LayerPage({ name, query }: { name: string; query: URLSearchParams }) {
  const atlas = useAtlas();
  const layer = layerNamed(atlas, name);
  const data = useData<LayerData>(layer ? `layers/${layer.id}` : null);
  if (!layer) return <Problem title="No such layer">Layer “{name}” is not in this atlas.</Problem>;
  if (data.error) return <Problem title="Data is missing">{data.error.message}</Problem>;
  return (
    <>
      <LayerHead layer={layer} />
      {data.value ? <Units layer={layer} data={data.value} query={query} /> : <Loading what={layer.name} />}
    </>
  );
}

function LayerHead({ layer }: { layer: LayerEntry }) {
  const atlas = useAtlas();
  const { router } = useShell();
  const at = atlas.manifest.layers.indexOf(layer);
  const [before, after] = [atlas.manifest.layers[at - 1], atlas.manifest.layers[at + 1]];
  const go = (to: LayerEntry | undefined) => (): void => (to ? router.go(toLayer(to.name)) : undefined);
  useKeys({ "[": go(before), "]": go(after) });
  const units = layer.units;
  return (
    <div class="page-head">
      <div>
        <h1>
          <Name text={layer.name} />
        </h1>
        <p class="lead">
          {layer.op} · {shapeOf(layer)} · receptive field {fieldOf(layer.field)} · {many(units.dead, "dead unit")}
          {units.silent > 0 && ` · ${units.silent} never above zero`}
          {units.nan > 0 && ` · ${units.nan} with NaN`}
        </p>
      </div>
      <div class="steps">
        {before && (
          <a href={toLayer(before.name)} title="Previous layer ([)" aria-label={`Previous layer, ${before.name}`}>
            ←
          </a>
        )}
        {after && (
          <a href={toLayer(after.name)} title="Next layer (])" aria-label={`Next layer, ${after.name}`}>
            →
          </a>
        )}
      </div>
    </div>
  );
}

/** The number under a unit: what the grid is sorted by, the maximum otherwise. */
function figure(data: LayerData, view: LayerView, near: Map<number, number>, channel: number): string {
  if (data.dead.includes(channel)) return "dead";
  switch (view.sort) {
    case "mean":
      return short(data.mean[channel]);
    case "active":
      return percent(data.active[channel]);
    case "selectivity":
      return short(data.selectivity?.[channel]);
    case "similar":
      return channel === view.near ? "this" : (near.get(channel)?.toFixed(2) ?? "–");
    default:
      return short(data.maximum[channel]);
  }
}

/** The units of a layer with their likeness to one, by what the atlas knows of it, and the measure in words. */
function useLikeness(layer: LayerEntry, view: LayerView): { nearest: [number, number][]; measure: string; error: Error | null } {
  const { manifest } = useAtlas();
  const unit = view.sort === "similar" && view.near !== null && view.near < layer.channels ? view.near : null;
  const all = Boolean(manifest.extras?.alike);
  const known = useData<AlikeData>(unit !== null && all ? `alike/${layer.id}` : null);
  const shard = useData<UnitShard>(unit !== null && !all ? `layers/${layer.id}/${Math.floor(unit / layer.shard.units)}` : null);
  return useMemo(() => {
    const error = known.error ?? shard.error;
    if (unit === null) return { nearest: [], measure: "", error };
    if (known.value) return { nearest: likeness(known.value, unit), measure: measureOf(known.value), error };
    const few = shard.value?.units.find((one) => one.channel === unit)?.nearest ?? [];
    return { nearest: few, measure: few.length ? `${layer.neighbours}, the nearest ${few.length} only` : "", error };
  }, [unit, layer, known.value, shard.value, known.error, shard.error]);
}

function Units({ layer, data, query }: { layer: LayerEntry; data: LayerData; query: URLSearchParams }) {
  const atlas = useAtlas();
  const { router, marks, toast } = useShell();
  const view = useMemo(() => readView(query), [query]);
  const { nearest, measure, error } = useLikeness(layer, view);
  const only = atlas.manifest.subset?.[layer.name];
  const { units, counts } = useMemo(() => arrange(layer, data, view, nearest, only), [layer, data, view, nearest]);
  const [chosen, choose] = useState<number>(() => (query.has("at") ? Number(query.get("at")) : -1));
  const field = useRef<HTMLDivElement>(null);
  const current = units.indexOf(chosen);
  const near = useMemo(() => new Map(nearest), [nearest]);

  const change = (part: Partial<LayerView>): void => router.replace(toLayer(layer.name, writeView({ ...view, ...part })));
  const open = (index: number): void => {
    const channel = units[index];
    if (channel === undefined) return;
    // So that going back comes back to this unit.
    router.replace(toLayer(layer.name, { ...writeView(view), at: channel }));
    router.go(toUnit(layer.name, channel));
  };
  useKeys({
    p: () => change({ view: "photos" }),
    r: () => change({ view: "projections" }),
    b: () => change({ view: "both" }),
    m: () => {
      if (chosen >= 0) toast(`${layer.name}:${chosen} ${marks.toggle(`${layer.name}:${chosen}`) ? "marked" : "no longer marked"}`);
    },
  });
  const kinds = view.view === "both" ? (["photos", "projections"] as const) : ([view.view] as const);
  const cell = { width: kinds.length * SIDE + (kinds.length - 1) * 3 + 12, height: SIDE + 32 };
  return (
    <div ref={field}>
      <LayerBar layer={layer} data={data} view={view} counts={counts} shown={units.length} measure={error ? "how alike units are cannot be read" : measure} change={change} />
      {units.length === 0 ? (
        <p class="empty">
          No unit passes these filters. <a href={toLayer(layer.name)}>Show all {counts.all}</a>
        </p>
      ) : (
        <VirtualGrid
          count={units.length}
          cell={cell}
          label={`Units of ${layer.name}`}
          current={current}
          select={(index) => choose(units[index] ?? -1)}
          open={open}
          keyOf={(index) => units[index] ?? index}
          render={(index) => {
            const channel = units[index] as number;
            const dead = data.dead.includes(channel);
            const words = data.names?.[channel];
            const number = figure(data, view, near, channel);
            return (
              <a
                class={dead ? "unit dead" : "unit"}
                href={toUnit(layer.name, channel)}
                tabIndex={index === Math.max(0, current) ? 0 : -1}
                onFocus={() => choose(channel)}
                onClick={(event) => {
                  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
                  event.preventDefault();
                  open(index);
                }}
                title={`${layer.name}:${channel}${words ? ` ${words}` : ""}`}
              >
                <span class="pair">
                  {kinds.map((kind) => (
                    <UnitTile key={kind} layer={layer} channel={channel} kind={kind} side={SIDE} />
                  ))}
                </span>
                <span class="caption">
                  <b>
                    <span class="heard">Unit {words ? `${channel} ` : ""}</span>
                    {words ? <bdi>{words}</bdi> : channel}
                  </b>
                  <span>{number}</span>
                </span>
              </a>
            );
          }}
        />
      )}
    </div>
  );
}
