import { useMemo, useState } from "preact/hooks";
import { Caution } from "../parts/Caution";
import { FieldGlyph, Facts, Name, Section } from "../parts/small";
import { Marked } from "../parts/Marked";
import { Tile } from "../parts/Tile";
import { Tested } from "../parts/Truth";
import { toLayer, withQuery } from "../route";
import { useKeys, useShell } from "../shell";
import { fill, useAtlas, useData, useNeighbours } from "../store";
import type { LayerEntry, Manifest, NetworkData, NetworkLayer } from "../types";
import { fieldOf, isLike, many, roleOf, shapeOf, when } from "../words";

/** A layer of the map: one that the atlas shows, or a run of others between two of those. */
export type Station = { shown: LayerEntry } | { passed: NetworkLayer[] };

/** The network's layers in execution order, those that are not shown gathered between those that are. */
export function stations(network: NetworkData | null, shown: LayerEntry[]): Station[] {
  if (!network) return shown.map((layer) => ({ shown: layer }));
  const entries = new Map(shown.map((layer) => [layer.name, layer]));
  const made: Station[] = [];
  for (const layer of network.layers) {
    const entry = entries.get(layer.name);
    const last = made.at(-1);
    if (entry) made.push({ shown: entry });
    else if (last && "passed" in last) last.passed.push(layer);
    else made.push({ passed: [layer] });
  }
  return made;
}

export function HomePage() {
  const { manifest } = useAtlas();
  const { router } = useShell();
  const network = useData<NetworkData>("network");
  const found = useMemo(() => stations(network.value, manifest.layers), [network.value, manifest]);
  const [current, select] = useState(-1);
  const move = (by: number) => (): void => select((now) => Math.max(0, Math.min(manifest.layers.length - 1, now + by)));
  const open = (): void => {
    const layer = manifest.layers[Math.max(0, current)];
    if (layer) router.go(toLayer(layer.name));
  };
  useKeys({ ArrowDown: move(1), j: move(1), ArrowUp: move(-1), k: move(-1), Enter: open });
  const dead = manifest.layers.reduce((sum, layer) => sum + layer.units.dead, 0);
  return (
    <>
      <h1>
        <Name text={manifest.model.name} plain />
      </h1>
      <p class="lead">
        What its {many(manifest.units, "unit")} in {many(manifest.layers.length, "layer")} respond to, in {many(manifest.data.count, "image")}
        {dead > 0 && `; ${many(dead, "unit")} never ${dead === 1 ? "responds" : "respond"}`}.
      </p>
      <Failures manifest={manifest} />
      <Caution layers={manifest.layers} />
      <div class="map-head">
        <h2>Layers in execution order</h2>
      </div>
      <ol class="map">
        {found.map((station, i) =>
          "shown" in station ? (
            <LayerRow key={station.shown.id} layer={station.shown} role={roleOf(station.shown.name, network.value?.layers ?? [])} current={manifest.layers.indexOf(station.shown) === current} />
          ) : (
            <PassedRow key={`passed-${i}`} layers={station.passed} />
          ),
        )}
      </ol>
      <Beside />
      <Marked />
      <Provenance manifest={manifest} />
    </>
  );
}

/** Other atlases that this one can be compared with. */
function Beside() {
  const neighbours = useNeighbours();
  if (!neighbours.length) return null;
  return (
    <Section title="Compare with" class="panel beside" note="Atlases beside this one: which of their units do the same as units here.">
      <p class="chips">
        {neighbours.map((one) => (
          <a key={one.name} class="chip" href={withQuery("#/compare", { with: one.name })} title={one.data}>
            <b>{one.name}</b> <bdi>{one.model}</bdi>
          </a>
        ))}
      </p>
    </Section>
  );
}

function LayerRow({ layer, role, current }: { layer: LayerEntry; role: string; current: boolean }) {
  const { manifest } = useAtlas();
  const preview = layer.preview;
  const side = window.innerWidth < 600 ? 28 : 40; // so that ten fit a phone
  const shown = Math.min(preview.columns, manifest.subset?.[layer.name]?.length ?? layer.channels);
  const path = fill(manifest.paths.preview, { layer: layer.id });
  return (
    <li class={current ? "station current" : "station"}>
      <a href={toLayer(layer.name)}>
        <span class="station-name">
          <b>
            <Name text={layer.name} />
          </b>
          <span class="op">{[layer.op, role].filter(Boolean).join(", ")}</span>
        </span>
        <span class="station-shape">
          <span class="number">{shapeOf(layer)}</span>
          <small>{layer.spatial ? "units × map" : "units"}</small>
        </span>
        <span class="station-field">
          <FieldGlyph field={layer.field} input={manifest.model.input} />
          <span>
            {layer.field ? `${layer.field.size[0]} px` : "all"}
            <small>{layer.field ? `stride ${layer.field.stride[0]}` : "whole image"}</small>
          </span>
        </span>
        <span class="station-told">
          <span class={layer.units.dead ? "station-dead some" : "station-dead"}>{layer.units.dead} dead</span>
          {layer.control && (
            <small class={isLike(layer) ? "some" : ""} title="Median cosine of a unit's projection and a random signal's from the same place: 1 alike, 0 unrelated">
              like control {layer.control.median?.toFixed(2) ?? "–"}
            </small>
          )}
          <Tested layer={layer.name} brief />
        </span>
        <span class="strip" aria-hidden="true">
          {[0, 1].map((row) => (
            <span key={row}>
              {Array.from({ length: shown }, (_, i) => (
                <Tile key={i} path={path} grid={preview} panel={0} cell={row * preview.columns + i} side={side} boost={row === 1} />
              ))}
            </span>
          ))}
        </span>
      </a>
    </li>
  );
}

function PassedRow({ layers }: { layers: NetworkLayer[] }) {
  return (
    <li class="passed">
      <details>
        <summary>{layers.length === 1 ? layers[0]?.name : `${layers.length} layers`}, not in this atlas</summary>
        <ul>
          {layers.map((layer) => (
            <li key={layer.name}>
              <Name text={layer.name} /> <span class="op">{layer.op}</span> <span class="number">{shapeOf(layer)}</span> <span>{fieldOf(layer)}</span>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}

function Failures({ manifest }: { manifest: Manifest }) {
  const { count, shown } = manifest.failures;
  if (!count) return null;
  return (
    <details class="panel warning">
      <summary>
        {many(count, "image")} could not be read and {count === 1 ? "was" : "were"} left out
      </summary>
      <ul>
        {shown.map((failure) => (
          <li key={failure.image}>
            <Name text={failure.name} /> <span class="quiet">{failure.reason}</span>
          </li>
        ))}
        {count > shown.length && <li class="quiet">and {count - shown.length} more, in atlas.sqlite</li>}
      </ul>
    </details>
  );
}

const Hash = ({ value }: { value: string }) => (
  <code class="hash" title={value}>
    {value.slice(0, 16)}…
  </code>
);

/** The row of what not every atlas says. */
const saidOf = (term: string, text: string | undefined): [string, string][] => (text ? [[term, text]] : []);

function Provenance({ manifest }: { manifest: Manifest }) {
  const { model, data, options, versions, check } = manifest;
  return (
    <div class="cards">
      <Section title="Model">
        <Facts
          rows={[
            ["Name", <Name key="n" text={model.name} plain />],
            ["Input", `${model.input.join(" × ")}, ${model.dtype}`],
            ["Preparation", model.preprocessText],
            ["Output", <Name key="o" text={model.output + (model.classes ? `, ${many(model.classes, "class", "classes")}` : "")} plain />],
            ...saidOf("Taken for", model.meaning),
            ["SHA-256", <Hash key="h" value={model.fingerprint} />],
          ]}
        />
      </Section>
      <Section title="Images">
        <Facts
          rows={[
            ["Collection", <Name key="n" text={data.description} plain />],
            ["Count", many(data.count, "image")],
            ["Labels", data.classes ? manifest.classes ? <a key="l" href="#/c">{many(data.classes, "class", "classes")}</a> : many(data.classes, "class", "classes") : "none"],
            ["Left out", String(manifest.failures.count)],
            ["SHA-256", <Hash key="h" value={data.fingerprint} />],
          ]}
        />
      </Section>
      <Section title="How it was made">
        <Facts
          rows={[
            ["When", when(manifest.created)],
            ["Shown", `${options.k} strongest responses a unit, one an image`],
            ["Projection", `${options.rule}; smooth activations: ${options.smooth}; colliding switches: ${options.overlap}; LRN: ${options.lrn}${options.gates ? `; gates: ${options.gates}` : ""}`],
            ["Seed", options.seed === null ? "not needed" : String(options.seed)],
            ...saidOf("Check", check?.sentence),
            ["Versions", Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ")],
          ]}
        />
      </Section>
    </div>
  );
}
