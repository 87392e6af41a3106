import type { ComponentChildren } from "preact";
import { numbersOf, useClasses } from "../classes";
import { Joints } from "../parts/Details";
import { Needs } from "../parts/Needs";
import { Loading, Name, Problem, Section, UnitCaption, UnitWords } from "../parts/small";
import { UnitTile } from "../parts/Tile";
import { Thumb } from "../parts/WholeImage";
import { toImage, toLayer, toUnit, withQuery } from "../route";
import { layerOfUnit, useAtlas, useData } from "../store";
import type { Answering, ClassShard, LayerEntry, LogitShard, ProfileIndex } from "../types";
import { baseName, many, short } from "../words";

const IMAGES = 18;

/** A class: its images, the units that answer to it, its logit, and what silencing units does to it. */
export function ClassPage({ name }: { name: string }) {
  const { collection, network, ready } = useClasses();
  if (!ready) return <Loading what={name} />;
  const labels = numbersOf(collection?.names, name).filter((number) => collection?.images[number]);
  const logits = numbersOf(network?.names, name);
  if (!labels.length && !logits.length) return <Problem title="No such class">“{name}” is no class of the images of this atlas, nor of the network.</Problem>;
  const count = labels.reduce((sum, label) => sum + (collection?.images[label] ?? 0), 0);
  const said = [...labels.map((label) => `label ${label}`), ...(labels.length ? [many(count, "image")] : []), ...logits.map((logit) => `logit ${network?.layers.at(-1) ?? ""}:${logit}`)];
  return (
    <>
      <h1>
        <Name text={name} plain />
      </h1>
      <p class="lead">class · {said.join(" · ")}</p>
      {labels.length > 0 && <p class="note">Units answer to it by their selectivity for it: the mean of their strongest responses to its images against that to the others', from −1 to 1.</p>}
      {!labels.length && <p class="note">No image of this collection is labelled so: which units answer to it is not known.</p>}
      <div class="class-page">
        {labels.map((label) => (
          <Labelled key={label} label={label} name={name} />
        ))}
        {logits.map((logit) => (
          <Logit key={logit} logit={logit} layers={network?.layers ?? []} note={network?.note ?? ""} />
        ))}
        <Needs of={name} kind="class" />
      </div>
    </>
  );
}

function Labelled({ label, name }: { label: number; name: string }) {
  const { manifest } = useAtlas();
  const size = manifest.classes?.shard ?? 1;
  const shard = useData<ClassShard>(`classes/${Math.floor(label / size)}`);
  const listed = useData<ProfileIndex>(manifest.extras ? "profiles/index" : null).value;
  const mine = (listed?.images ?? []).filter((_, i) => listed?.labels[i] === label);
  const answers = shard.value?.classes[label] ?? [];
  return (
    <>
      {mine.length > 0 && (
        <Section title="Its images" class="panel wide">
          <ul class="thumbs">
            {mine.slice(0, IMAGES).map((image) => (
              <li key={image}>
                <a href={toImage(image)} aria-label={baseName(listed?.names[listed.images.indexOf(image)] ?? `image ${image}`)}>
                  <Thumb image={image} side={84} />
                </a>
              </li>
            ))}
          </ul>
          {mine.length > IMAGES && (
            <p class="more">
              <a href={withQuery("#/images", { q: name })}>All {many(mine.length, "image")}</a>
            </p>
          )}
        </Section>
      )}
      {[...manifest.layers].reverse().map((layer, i) => {
        const units = answers[manifest.layers.length - 1 - i] ?? [];
        return (
          units.length > 0 && (
            <Section
              key={layer.id}
              title={`Units of ${layer.name} that answer to it`}
              note={<a href={toLayer(layer.name, { class: label, sort: "selectivity" })}>Those that prefer it to every other class</a>}
            >
              <Answers rows={units} tile={(channel) => <UnitTile layer={layer} channel={channel} kind="photos" side={64} />} layer={layer} />
            </Section>
          )
        );
      })}
    </>
  );
}

function Answers({ rows, layer, tile }: { rows: Answering[]; layer: LayerEntry; tile: (channel: number) => ComponentChildren }) {
  return (
    <ul class="tiles">
      {rows.map(([channel, mean, index]) => (
        <li key={channel}>
          <a href={toUnit(layer.name, channel)} title={`mean ${short(mean)}, selectivity ${index.toFixed(2)}`}>
            {tile(channel)}
            <UnitCaption layer={layer} channel={channel}>
              <span>{index.toFixed(2)}</span>
            </UnitCaption>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** The logit of a class: its unit where the atlas shows its layer, and the units that it is computed from. */
function Logit({ logit, layers, note }: { logit: number; layers: string[]; note: string }) {
  const atlas = useAtlas();
  const size = atlas.manifest.classes?.shard ?? 64;
  const shard = useData<LogitShard>(`logits/${Math.floor(logit / size)}`).value;
  const shown = layers.map((name) => layerOfUnit(atlas, name, logit)).find((one) => one !== undefined);
  const joints = shard?.incoming[logit - shard.first] ?? [];
  return (
    <>
      {shown && (
        <Section title="Its logit" note="What excites the logit most, and what it takes from it.">
          <a class="pair-link" href={toUnit(shown.name, logit)}>
            <span class="pair">
              <UnitTile layer={shown} channel={logit} kind="photos" side={112} />
              <UnitTile layer={shown} channel={logit} kind="projections" side={112} />
            </span>
            <UnitWords unit={`${shown.name}:${logit}`} />
          </a>
        </Section>
      )}
      {joints.length > 0 && <Joints title="What its logit is computed from" joints={joints} note={note} />}
    </>
  );
}
