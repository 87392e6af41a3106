import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Actions } from "../parts/Actions";
import type { Reach } from "../parts/Examples";
import { Examples } from "../parts/Examples";
import { partOf } from "../parts/Tile";
import type { Mode } from "../parts/Lightbox";
import { Lightbox } from "../parts/Lightbox";
import { Channels, channelsOf } from "../parts/Channels";
import { Details } from "../parts/Details";
import { Loading, Name, NoLayer, Problem } from "../parts/small";
import { ahead, scripts } from "../ahead";
import { logitName, useClasses } from "../classes";
import type { View } from "../layerview";
import { toClass, toLayer, toUnit, withQuery } from "../route";
import { useMarks } from "../marks";
import { useKeys, useShell } from "../shell";
import { layerNamed, useAtlas, useData } from "../store";
import type { LayerData, LayerEntry, UnitData, UnitShard } from "../types";
import { fieldOf, percent, shapeOf, short } from "../words";

interface Props {
  layer: string;
  channel: number;
  query: URLSearchParams;
}

export function UnitPage({ layer: name, channel, query }: Props) {
  const atlas = useAtlas();
  const layer = layerNamed(atlas, name);
  const there = layer !== undefined && channel < layer.channels;
  const only = atlas.manifest.subset?.[name];
  const shard = useData<UnitShard>(there ? `layers/${layer.id}/${Math.floor(channel / layer.shard.units)}` : null);
  const data = useData<LayerData>(there ? `layers/${layer.id}` : null);
  const before = useRef<ViewProps | null>(null);
  if (!layer) return <NoLayer name={name} />;
  if (!there) return <Problem title="No such unit">Layer “{name}” has units 0 to {layer.channels - 1}.</Problem>;
  const error = shard.error ?? data.error;
  if (error) return <Problem title="Data is missing">{error.message}</Problem>;
  // Until the next unit is there the one before stays, and with it the keys that go on from it.
  if (!shard.value || !data.value) return before.current?.layer === layer ? <UnitView {...before.current} /> : <Loading what={`${name}:${channel}`} />;
  const unit = shard.value.units.find((one) => one.channel === channel);
  if (!unit || (only && !only.includes(channel))) return <Problem title="Not in this copy">This export holds other units of “{name}”.</Problem>;
  before.current = { layer, data: data.value, shard: shard.value, unit, query, only };
  return <UnitView {...before.current} />;
}

interface ViewProps {
  layer: LayerEntry;
  data: LayerData;
  shard: UnitShard;
  unit: UnitData;
  query: URLSearchParams;
  only: number[] | undefined;
}

interface Views {
  view: View;
  show: (view: View) => void;
  open: (rank: number, as?: Mode) => void;
  extend: (reach: Reach) => void;
  /** The address of a unit in the view that is shown. */
  to: (layer: string, channel: number) => string;
}

function useUnitKeys({ layer, unit, only }: ViewProps, active: number, reach: Reach, { show, open, extend, to }: Views): (by: number) => number | null {
  const { manifest } = useAtlas();
  const { router, root, toast } = useShell();
  const marks = useMarks();
  const step = (by: number): number | null => {
    if (only) return only[only.indexOf(unit.channel) + by] ?? null;
    const next = unit.channel + by;
    return next >= 0 && next < layer.channels ? next : null;
  };
  const go = (by: number) => (): void => {
    // Five steps near an end go as far as there are units.
    const next = step(by) ?? (only ? null : by < 0 ? 0 : layer.channels - 1);
    if (next !== null && next !== unit.channel) router.step(to(layer.name, next));
  };
  const turn = (by: number) => (): void => {
    const other = manifest.layers[manifest.layers.indexOf(layer) + by];
    // In a copy that holds some units of it, the one of them that is nearest by its number.
    const near = manifest.subset?.[other?.name ?? ""]?.reduce((best, one) => (Math.abs(one - unit.channel) < Math.abs(best - unit.channel) ? one : best));
    if (other) router.step(to(other.name, near ?? Math.min(unit.channel, other.channels - 1)));
  };
  const keys: Record<string, () => void> = {
    "[": turn(-1),
    "]": turn(1),
    p: () => show("photos"),
    r: () => show("projections"),
    b: () => show("both"),
    o: () => open(active, "overlay"),
    z: () => extend(reach === "part" ? "field" : "part"),
    f: () => extend(reach === "whole" ? "part" : "whole"),
    m: () => toast(`${layer.name}:${unit.channel} ${marks.toggle(`${layer.name}:${unit.channel}`) ? "marked" : "no longer marked"}`),
    c: () => root.querySelector<HTMLElement>("#copy-link")?.click(),
  };
  for (const name of ["ArrowLeft", "ArrowUp", "h", "k"]) keys[name] = go(-1);
  for (const name of ["ArrowRight", "ArrowDown", "l", "j"]) keys[name] = go(1);
  for (const name of ["Shift+ArrowLeft", "Shift+ArrowUp", "H", "K"]) keys[name] = go(-5);
  for (const name of ["Shift+ArrowRight", "Shift+ArrowDown", "L", "J"]) keys[name] = go(5);
  for (let rank = 0; rank < Math.min(9, unit.images.length); rank += 1) keys[String(rank + 1)] = () => open(rank);
  useKeys(keys);
  return step;
}

function UnitView(props: ViewProps) {
  const { layer, data, shard, unit, query, only } = props;
  const { router } = useShell();
  const atlas = useAtlas();
  const address = toUnit(layer.name, unit.channel);
  const view = (["photos", "projections", "both"] as const).find((one) => one === query.get("view")) ?? "both";
  const zooms = layer.content !== undefined && unit.images.some((_, rank) => partOf(unit, rank));
  const asks = query.get("rf");
  const reach: Reach = asks === "whole" && atlas.manifest.paths.image !== null ? "whole" : asks !== "field" && zooms ? "part" : "field";
  const embed = query.get("embed");
  const bands = channelsOf(layer, atlas.manifest.model.input, atlas.manifest.paths.bands);
  const asked = Number(query.get("band"));
  const band = Number.isInteger(asked) && asked >= 1 && asked <= bands ? asked : 0;
  const kept = { view: view === "both" ? null : view, rf: asks, band: band || null, embed };
  const choose = (next: number): void => change({ band: next || null });
  const share = Number(query.get("share")) || 0;
  const opened = query.has("n") ? Number(query.get("n")) - 1 : null;
  const mode = (["overlay", "whole"] as const).find((one) => one === query.get("as")) ?? "pair";
  const change = (part: Record<string, string | number | null>): void => router.replace(withQuery(address, { ...kept, ...part }));
  const views: Views = {
    view,
    show: (next) => change({ view: next === "both" ? null : next }),
    open: (rank, as = mode) => change({ n: rank + 1, as: as === "pair" ? null : as }),
    // Where there is nothing to zoom to the field is what is shown of itself.
    extend: (next) => change({ rf: next === "part" || (next === "field" && !zooms) ? null : next }),
    to: (name, channel) => withQuery(toUnit(name, channel), kept),
  };
  const logit = logitName(useClasses(layer.units.named).network, layer.name, unit.channel) === unit.name;
  const [active, activate] = useState(0);
  const step = useUnitKeys(props, Math.min(active, Math.max(0, unit.images.length - 1)), reach, views);
  useEffect(() => activate(0), [address]);
  // What the units to both sides show, ahead of the key that asks for it.
  useEffect(() => {
    if (!only) scripts(atlas, layer, unit.channel);
    for (const by of [1, -1]) {
      const next = step(by);
      if (next !== null) void ahead(atlas, layer, next);
    }
  }, [address]);
  const [before, after] = [step(-1), step(1)];
  const details = useMemo(() => <Details layer={layer} data={data} shard={shard} unit={unit} note={embed === null} link={(part) => withQuery(address, { ...kept, ...part })} share={share} />, [unit, data, withQuery("", kept), share]);
  return (
    <article class="unit-page" aria-label={`Unit ${layer.name}:${unit.channel}`}>
      <div class="page-head">
        <div>
          <h1>
            <Name text={`${layer.name}:${unit.channel}`} />
          </h1>
          {unit.name !== undefined && (
            <p class="unit-name">{logit && !atlas.manifest.subset ? <a href={toClass(unit.name)}>{unit.name}</a> : <Name text={unit.name} plain />}</p>
          )}
          <p class="lead">
            unit {unit.channel} of <a href={toLayer(layer.name, { at: unit.channel })}>{layer.channels}</a> · {layer.op} · {shapeOf(layer)} · receptive field {fieldOf(layer)}
          </p>
        </div>
        <div class="steps">
          {embed === null && <Mark unit={`${layer.name}:${unit.channel}`} />}
          {before !== null && (
            <a href={views.to(layer.name, before)} aria-label={`Previous unit, ${before}`} title="Previous unit (←)">
              ←
            </a>
          )}
          {after !== null && (
            <a href={views.to(layer.name, after)} aria-label={`Next unit, ${after}`} title="Next unit (→)">
              →
            </a>
          )}
        </div>
      </div>
      <Stats layer={layer} unit={unit} />
      {unit.dead || unit.images.length === 0 ? (
        <p class="empty">This unit is zero at every position of every image of the collection: there is nothing to show.</p>
      ) : (
        <Examples layer={layer} shard={shard} unit={unit} view={view} show={views.show} reach={reach} extend={views.extend} band={band} choose={choose} active={active} activate={activate} open={views.open} />
      )}
      {!unit.dead && unit.images.length > 0 && (embed === null || embed === "all") && <Channels layer={layer} unit={unit} change={choose} />}
      {embed === null && <Actions layer={layer} shard={shard} unit={unit} seen={{ view, reach, band }} />}
      {(embed === null || embed === "all") && details}
      {opened !== null && opened >= 0 && opened < unit.images.length && !unit.dead && (
        <Lightbox layer={layer} shard={shard} unit={unit} rank={opened} mode={mode} zoomed={reach === "part"} go={views.open} close={() => change({})} />
      )}
    </article>
  );
}

function Mark({ unit }: { unit: string }) {
  const marks = useMarks();
  const marked = marks.has(unit);
  return (
    <button class={marked ? "icon star on" : "icon star"} type="button" aria-pressed={marked} aria-label="Mark this unit" title="Mark this unit (m)" onClick={() => marks.toggle(unit)}>
      {marked ? "★" : "☆"}
    </button>
  );
}

function Stats({ layer, unit }: { layer: LayerEntry; unit: UnitData }) {
  const rows: [string, string][] = [
    ["Maximum", short(unit.maximum)],
    ["Mean", short(unit.mean)],
    ["Active", percent(unit.active)],
  ];
  if (unit.selectivity !== undefined) rows.push(["Class selectivity", short(unit.selectivity)]);
  if (unit.nan) rows.push(["NaN", String(unit.nan)]);
  return (
    <dl class="stats" aria-label={`Numbers of ${layer.name}:${unit.channel}`}>
      {rows.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
