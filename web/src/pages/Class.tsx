import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { numbersOf, useClasses } from "../classes";
import { Joints } from "../parts/Details";
import { Needs } from "../parts/Needs";
import { Loading, Name, Problem, Section, UnitCaption, UnitWords } from "../parts/small";
import { Tile, UnitTile } from "../parts/Tile";
import { Thumb } from "../parts/WholeImage";
import { toClass, toImage, toLayer, toUnit, withQuery } from "../route";
import { fill, layerOfUnit, useAtlas, useData } from "../store";
import type { Answering, ClassShard, ImageIndex, ImageShard, LayerEntry, LogitShard, ProfileIndex } from "../types";
import { baseName, many, short } from "../words";

const [IMAGES, SHARDS, PICTURED] = [18, 8, 64];

/** All classes: those that images are labelled with, and others that the network answers. */
export function ClassesPage() {
  const { manifest } = useAtlas();
  const { collection, network, ready } = useClasses();
  const listed = useData<ProfileIndex>(manifest.extras ? "profiles/index" : null).value;
  if (!ready) return <Loading what="classes" />;
  const counts = new Map<string, number>();
  collection?.names.forEach((name, label) => collection.images[label] && counts.set(name, (counts.get(name) ?? 0) + (collection.images[label] ?? 0)));
  const others = (network?.names ?? []).filter((name) => !counts.has(name));
  const first = (name: string): number | undefined => listed?.images[listed.labels.findIndex((label) => listed.classes[label] === name)];
  return (
    <>
      <h1>Classes</h1>
      <p class="lead">{many(counts.size, "class", "classes")} that images are labelled with, and {many(others.length, "other")} of the network.</p>
      <ul class="chips class-list">
        {[...counts].map(([name, count]) => (
          <li key={name}>
            <a class="chip" href={toClass(name)}>
              {counts.size <= PICTURED && first(name) !== undefined && <Thumb image={first(name) as number} side={44} />}
              <Name text={name} plain /> <small class="quiet">{count}</small>
            </a>
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <details class="more">
          <summary>{many(others.length, "class", "classes")} of the network without images here</summary>
          <ul class="chips class-list">
            {others.map((name, i) => (
              <li key={i}>
                <a class="chip" href={toClass(name)}>
                  <Name text={name} plain />
                </a>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** The best place that images of a class have among the strongest of each unit, by the layer's number and the unit's. */
function useRanks(images: number[]): Map<string, number> {
  const { manifest, store } = useAtlas();
  const [ranks, set] = useState<Map<string, number>>(new Map());
  const index = useData<ImageIndex>("images/index").value;
  const key = images.join();
  useEffect(() => {
    const shards = [...new Set(images.map((image) => Math.floor(image / manifest.images.shard)))].filter((one) => index?.shards.includes(one)).slice(0, SHARDS);
    let wanted = true;
    void Promise.all(shards.map((one) => store.load<ImageShard>(`images/${one}`).catch(() => null))).then((loaded) => {
      const found = new Map<string, number>();
      for (const shard of loaded)
        for (const image of images)
          for (const [layer, channel, rank] of shard?.images[image]?.wins ?? []) found.set(`${layer}:${channel}`, Math.min(rank, found.get(`${layer}:${channel}`) ?? rank));
      if (wanted) set(found);
    });
    return () => {
      wanted = false;
    };
  }, [key, index]);
  return ranks;
}

/** A class: its images, the units that answer to it, its logit, and what silencing units does to it. */
export function ClassPage({ name }: { name: string }) {
  const { manifest } = useAtlas();
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
      {labels.length > 0 && <p class="note">Units answer to it by their selectivity for it: the mean of their strongest responses to its images against that to the others', from −1 to 1. Each is shown by its strongest patch of this class, where that is among its {manifest.options.k} strongest; else by its strongest.</p>}
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
  const ranks = useRanks(mine);
  /** A unit by its strongest patch of this class, where one is among those that are shown of it. */
  const tile = (layer: LayerEntry, number: number, channel: number): ComponentChildren => {
    const rank = ranks.get(`${number}:${channel}`);
    return rank ? <Tile path={fill(manifest.paths.sprite, { layer: layer.id, channel })} grid={layer.sprite} panel={0} cell={rank} side={64} /> : <UnitTile layer={layer} channel={channel} kind="photos" side={64} />;
  };
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
              <Answers rows={units} tile={(channel) => tile(layer, manifest.layers.length - 1 - i, channel)} layer={layer} />
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
