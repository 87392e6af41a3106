import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { useUnitNames } from "../classes";
import { boostOf, remembered, useKeys, useShell } from "../shell";
import { parseUnit, toClass, toLayer } from "../route";
import type { Atlas } from "../store";
import { layerNamed, useAtlas, useData } from "../store";
import type { Field, LayerEntry, NetworkData } from "../types";

/** Text from outside, in a direction of its own and cut where it is long; the whole text is in its title. */
export function Name({ text, plain }: { text: string; plain?: boolean }) {
  return (
    <bdi class={plain ? "name" : "name cut-name"} title={text}>
      {text}
    </bdi>
  );
}

export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Section(props: { title: string; note?: ComponentChildren; children: ComponentChildren; class?: string }) {
  const id = useId();
  return (
    <section class={props.class ?? "panel"} aria-labelledby={id}>
      <h2 id={id}>{props.title}</h2>
      {props.note !== undefined && <p class="note">{props.note}</p>}
      {props.children}
    </section>
  );
}

/** The receptive field to scale within the image. */
export function FieldGlyph({ field, input }: { field: Field | null; input: [number, number, number] }) {
  const [, height, width] = input;
  const h = field ? Math.max(0.07, Math.min(1, field.size[0] / height)) : 1;
  const w = field ? Math.max(0.07, Math.min(1, field.size[1] / width)) : 1;
  return (
    <svg class="glyph" viewBox="0 0 30 30" aria-hidden="true">
      <rect class="frame" x="1" y="1" width="28" height="28" />
      <rect class="filled" x={15 - 14 * w} y={15 - 14 * h} width={28 * w} height={28 * h} />
    </svg>
  );
}

export function Problem({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="problem" role="alert">
      <h1>{title}</h1>
      <p class="lead">{children}</p>
      <p>
        <a href="#/">All layers</a>
      </p>
    </div>
  );
}

/** A layer that is asked for and not here: whether the network has it, and what is here. */
export function NoLayer({ name }: { name: string }) {
  const { manifest } = useAtlas();
  const network = useData<NetworkData>("network");
  if (!network.value && !network.error) return <Loading what="the network" />;
  const there = network.value?.layers.some((layer) => layer.name === name);
  return (
    <Problem title="No such layer">
      {there ? `The network has a layer “${name}”, and this atlas does not show it: build it again with --layers.` : `Layer “${name}” is not in this atlas.`} It shows{" "}
      {manifest.layers.slice(0, 12).map((layer, i) => (
        <span key={layer.id}>
          {i > 0 && ", "}
          <a href={toLayer(layer.name)}>{layer.name}</a>
        </span>
      ))}
      {manifest.layers.length > 12 && ", …"}
    </Problem>
  );
}

/** A class by its name, which leads to its page where the atlas has pages of classes. */
export function ClassName({ name, number }: { name: string | undefined; number: number }) {
  const { manifest } = useAtlas();
  const text = <Name text={name ?? `class ${number}`} />;
  return name !== undefined && manifest.classes ? <a href={toClass(name)}>{text}</a> : text;
}

/** A unit under its picture: its number, and below it what it is called, where it has a name. */
export function UnitCaption({ layer, channel, from, children }: { layer: LayerEntry; channel: number; from?: Atlas | null; children?: ComponentChildren }) {
  const name = useUnitNames(layer, from)(channel);
  return (
    <>
      <span class="caption">
        <b>
          <span class="heard">Unit </span>
          {channel}
        </b>
        {children}
      </span>
      {name !== null && (
        <small class="called">
          <Name text={name} />
        </small>
      )}
    </>
  );
}

/** What a unit that is spelled out is called, before its spelling where it has a name. */
export function UnitWords({ unit, from }: { unit: string; from?: Atlas | null }) {
  const own = useAtlas();
  const at = parseUnit(unit);
  const name = useUnitNames(at ? layerNamed(from ?? own, at.layer) : undefined, from)(at?.channel ?? -1);
  if (name === null) return <Name text={unit} />;
  return (
    <span class="logit">
      <Name text={name} plain /> <small class="quiet">{unit}</small>
    </span>
  );
}

export const Loading = ({ what }: { what: string }) => <p class="quiet loading" role="status">Loading {what}…</p>;

/** A choice of one among few. */
export function Choice<T extends string>(props: { label: string; value: T; options: readonly (readonly [T, string])[]; change: (value: T) => void }) {
  return (
    <div class="choice" role="group" aria-label={props.label}>
      {props.options.map(([value, words]) => (
        <button key={value} type="button" aria-pressed={props.value === value} onClick={() => props.change(value)}>
          {words}
        </button>
      ))}
    </div>
  );
}

const BOOSTS = ["1", "2", "4"] as const;

/** How strongly projections are shown: 1 as they are kept, more for faint ones. Zero stays mid-grey. */
export function Contrast() {
  const { root } = useShell();
  const [boost, set] = useState<string>(remembered.get("boost") ?? "1");
  const choose = (value: string): void => {
    boostOf(root, value);
    remembered.set("boost", value);
    set(value);
  };
  useKeys({ e: () => choose(BOOSTS[(BOOSTS.indexOf(boost as "1") + 1) % BOOSTS.length] ?? "1") });
  return (
    <span class="contrast">
      <span aria-hidden="true">Contrast</span>
      <Choice label="Contrast of projections" value={boost} options={BOOSTS.map((one) => [one, `${one}×`] as const)} change={choose} />
    </span>
  );
}
