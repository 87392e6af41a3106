import { useEffect, useState } from "preact/hooks";
import { CompareLayers, CompareUnits } from "./Versus";
import { Loading, Problem } from "../parts/small";
import { parseUnit, toCompare } from "../route";
import { useShell } from "../shell";
import type { Atlas } from "../store";
import { layerNamed, layerOfUnit, openAtlas, useAtlas, useNeighbours } from "../store";
import { many } from "../words";

/** The other atlas that is compared with, of those in the folder; itself where none is named. */
function useOther(name: string): { other: Atlas | null; error: string | null } {
  const own = useAtlas();
  const [opened, set] = useState<{ name: string; atlas: Atlas | null; error: string | null } | null>(null);
  useEffect(() => {
    if (!name) return;
    let wanted = true;
    openAtlas(own.store.host, name).then(
      (atlas) => wanted && set({ name, atlas, error: null }),
      (error: Error) => wanted && set({ name, atlas: null, error: error.message }),
    );
    return () => {
      wanted = false;
    };
  }, [name]);
  if (!name) return { other: own, error: null };
  return opened?.name === name ? { other: opened.atlas, error: opened.error } : { other: null, error: null };
}

/** Two units, two layers, or the same of two atlases, side by side; the address says which. */
export function ComparePage({ query }: { query: URLSearchParams }) {
  const own = useAtlas();
  const { router } = useShell();
  const neighbours = useNeighbours();
  // Without a choice it opens on the first of the other atlases, and the last layer of maps: the one that says most.
  const with_ = query.get("with") ?? (query.has("a") ? "" : (neighbours[0]?.name ?? ""));
  const { other, error } = useOther(with_);
  const deep = (atlas: Atlas): string => (with_ ? (atlas.manifest.layers.findLast((layer) => layer.spatial) ?? atlas.manifest.layers[0]) : atlas.manifest.layers[0])?.name ?? "";
  const a = query.get("a") ?? deep(own);
  const b = query.get("b") || (with_ && other ? (layerNamed(other, a) || parseUnit(a) ? a : deep(other)) : query.has("a") ? "" : (own.manifest.layers[1]?.name ?? "")); // a layer beside itself says nothing
  const change = (part: { a?: string; b?: string; other?: string }): void => router.replace(toCompare(part.a ?? a, part.b ?? b, part.other ?? with_));
  return (
    <>
      <h1>Compare</h1>
      <form class="bar compare-bar" onSubmit={(event) => event.preventDefault()}>
        <Side label="Left" value={a} atlas={own} change={(text) => change({ a: text })} />
        <span aria-hidden="true">⇄</span>
        <Side label="Right" value={b} atlas={other ?? own} change={(text) => change({ b: text })} />
        {neighbours.length > 0 && (
          <label>
            Right side from
            <select value={with_} onChange={(event) => change({ other: event.currentTarget.value })}>
              <option value="">this atlas</option>
              {neighbours.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}: {one.model}
                </option>
              ))}
            </select>
          </label>
        )}
      </form>
      {neighbours.length === 0 && !query.has("a") && (
        <p class="note">
          Two units or layers of this {own.manifest.subset ? "part of an atlas" : "atlas"}. Another atlas, of another network or another epoch, is put beside it with <code>convscope atlas attach</code>.
        </p>
      )}
      {with_ && other && <InCommon own={own} other={other} />}
      {error ? <Problem title="The other atlas cannot be shown">{error}</Problem> : !other ? <Loading what={with_} /> : <Both a={a} b={b} own={own} other={other} />}
    </>
  );
}

/** What two atlases have in common besides images. */
function InCommon({ own, other }: { own: Atlas; other: Atlas }) {
  const names = own.manifest.layers.filter((layer) => layerNamed(other, layer.name)).map((layer) => layer.name);
  const same = own.manifest.model.fingerprint === other.manifest.model.fingerprint;
  return (
    <p class="note">
      {same ? "The same network. " : ""}
      {many(names.length, "layer")} of the same name{names.length > 0 && `: ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`}. {own.manifest.data.fingerprint === other.manifest.data.fingerprint ? "The same images." : `${other.manifest.data.count} other or partly other images there: ${other.manifest.data.description}.`}
    </p>
  );
}

function Side({ label, value, atlas, change }: { label: string; value: string; atlas: Atlas; change: (text: string) => void }) {
  const id = `compare-${label.toLowerCase()}`;
  return (
    <label>
      {label}
      <input id={id} list={`${id}-list`} value={value} placeholder="layer or layer:unit" spellcheck={false} autocomplete="off" onChange={(event) => change(event.currentTarget.value.trim())} />
      <datalist id={`${id}-list`}>
        {atlas.manifest.layers.map((layer) => (
          <option key={layer.id} value={layer.name} />
        ))}
      </datalist>
    </label>
  );
}

function Both({ a, b, own, other }: { a: string; b: string; own: Atlas; other: Atlas }) {
  const find = (text: string, atlas: Atlas) => {
    const whole = layerNamed(atlas, text);
    if (whole) return { layer: whole, channel: null, atlas };
    const unit = parseUnit(text);
    const layer = unit ? layerOfUnit(atlas, unit.layer, unit.channel) : undefined;
    return unit && layer && unit.channel < layer.channels ? { layer, channel: unit.channel, atlas } : null;
  };
  const [left, right] = [find(a, own), find(b || a, other)];
  const missing = !left ? a : !right ? b : null;
  if (!left || !right) return <p class="empty">“{missing}” is not there. Write a layer, such as {own.manifest.layers[0]?.name}, or a unit, such as {own.manifest.layers[0]?.name}:0.</p>;
  if (left.channel !== null && right.channel !== null)
    return (
      <CompareUnits
        left={{ ...left, channel: left.channel }}
        right={{ ...right, channel: right.channel }}
      />
    );
  if (left.channel === null && right.channel === null) return <CompareLayers left={left} right={right} a={a} b={b || a} />;
  return <p class="empty">One side is a layer and the other a unit: name two of a kind.</p>;
}
