import { useState } from "preact/hooks";
import { FedOn } from "../parts/Caused";
import { ClassName, Loading, Name, Problem, Section } from "../parts/small";
import { UnitTile } from "../parts/Tile";
import { WholeImage } from "../parts/WholeImage";
import { toExperiment, toImage, toUnit } from "../route";
import { useKeys, useShell } from "../shell";
import { useAtlas, useData } from "../store";
import type { Box, Experiment, ImageIndex, ImageShard, LayerEntry, ProfileIndex, ProfileShard, Strong } from "../types";
import { baseName, many, short } from "../words";

/** The input pixels that a position of a layer sees. */
export function boxAt(layer: LayerEntry, y: number, x: number, input: [number, number, number]): Box {
  const field = layer.field;
  if (!field) return [0, 0, input[1], input[2]];
  const top = Math.round(y * field.stride[0] + field.offset[0]);
  const left = Math.round(x * field.stride[1] + field.offset[1]);
  return [top, left, top + field.size[0], left + field.size[1]];
}

/** The script that holds an image: the last that begins at it or before. */
export function shardOf(index: ProfileIndex, number: number, size: number): number {
  if (!index.starts) return Math.floor(index.images.indexOf(number) / size);
  let at = -1;
  for (const start of index.starts) {
    if (start > number) break;
    at += 1;
  }
  return at;
}

export function ImagePage({ number }: { number: number }) {
  const { manifest, store } = useAtlas();
  const whole = Number.isInteger(number) && number >= 0;
  const index = useData<ImageIndex>(whole ? "images/index" : null);
  const profiled = useData<ProfileIndex>(whole && manifest.extras ? "profiles/index" : null);
  const at = profiled.value && manifest.extras ? shardOf(profiled.value, number, manifest.extras.profileShard) : -1;
  const profile = useData<ProfileShard>(at >= 0 ? `profiles/${at}` : null);
  const shard = index.value?.shards.find((one) => one === Math.floor(number / manifest.images.shard));
  const wins = useData<ImageShard>(shard === undefined ? null : `images/${shard}`);
  const experiments = useData<Experiment[]>(store.host.kind === "file" ? null : "experiments");
  if (!whole) return <Problem title="No such image">Images have numbers from 0.</Problem>;
  if (index.error) return <Problem title="Data is missing">{index.error.message}</Problem>;
  if (!index.value || (manifest.extras && !profiled.value && !profiled.error) || (at >= 0 && !profile.value && !profile.error) || (shard !== undefined && !wins.value && !wins.error)) return <Loading what={`image ${number}`} />;
  const won = wins.value?.images[number];
  const known = profile.value?.images[number];
  const info = known ?? won;
  if (!info) return <Problem title="Not in this atlas">{number < manifest.data.count ? `Image ${number} is shown nowhere in this atlas, which looked at ${many(profiled.value?.count ?? 0, "image")} of ${manifest.data.count} one by one.` : `The collection has images 0 to ${manifest.data.count - 1}.`}</Problem>;
  const label = info.label < 0 ? null : ((profile.value ?? wins.value)?.classes[info.label] ?? `class ${info.label}`);
  const about = (experiments.value ?? []).filter((experiment) => experiment.images.includes(number));
  return <ImageView number={number} name={info.name} label={label} strong={known?.layers ?? null} wins={won?.wins ?? []} images={profiled.value?.images ?? []} about={about} />;
}

interface ViewProps {
  number: number;
  name: string;
  label: string | null;
  strong: Strong[][] | null;
  wins: [number, number, number][];
  images: number[];
  about: Experiment[];
}

function ImageView({ number, name, label, strong, wins, images, about }: ViewProps) {
  const { manifest } = useAtlas();
  const { router } = useShell();
  const [pointed, point] = useState<Place | null>(null);
  const [pinned, pin] = useState<Place | null>(null); // by touch or key: it stays
  const box = pointed ?? pinned;
  const at = images.indexOf(number);
  const [before, after] = at < 0 ? [] : [images[at - 1], images[at + 1]];
  const to = (image: number | undefined) => (): void => (image === undefined ? undefined : router.step(toImage(image)));
  useKeys({ ArrowLeft: to(before), h: to(before), ArrowRight: to(after), l: to(after) });
  return (
    <>
      <div class="page-head">
        <div>
          <h1>
            <Name text={baseName(name)} />
          </h1>
          <p class="lead">
            image {number}
            {label !== null && (
              <>
                {" · "}
                <ClassName name={label} number={-1} />
              </>
            )}
            {" · "}among the strongest of {many(wins.length, "unit")}
          </p>
        </div>
        <div class="steps">
          {before !== undefined && (
            <a href={toImage(before)} aria-label={`Previous image, ${before}`} title="Previous image (←)">
              ←
            </a>
          )}
          {after !== undefined && (
            <a href={toImage(after)} aria-label={`Next image, ${after}`} title="Next image (→)">
              →
            </a>
          )}
        </div>
      </div>
      <div class="image-page">
        <figure class="looked sticky">
          <WholeImage image={number} name={name} box={box?.box ?? null} />
          <figcaption>{box ? box.words : "Hover a unit, or press ⌖, to see where it responds"}</figcaption>
          <p class="quiet path">
            <Name text={name} plain />
          </p>
          {about.map((experiment) => (
            <p key={experiment.name}>
              <a href={toExperiment(experiment.name)}>{experiment.title}</a>
            </p>
          ))}
        </figure>
        <div>
          <FedOn image={number} />
          {manifest.layers.map((layer, i) => {
            const rows = strong?.[i] ?? [];
            const first = wins.filter((win) => win[0] === i);
            if (!rows.length && !first.length) return null;
            return (
              <Section key={layer.id} title={layer.name} note={first.length ? `among the ${manifest.options.k} strongest of ${many(first.length, "unit")}` : undefined}>
                {rows.length > 0 ? <StrongUnits layer={layer} rows={rows} mark={point} pin={pin} pinned={pinned} /> : <Won layer={layer} wins={first} />}
                {rows.length > 0 && first.length > 0 && (
                  <details>
                    <summary>Units it is among the strongest of</summary>
                    <Won layer={layer} wins={first} />
                  </details>
                )}
              </Section>
            );
          })}
        </div>
      </div>
    </>
  );
}

interface Place {
  box: Box;
  words: string;
}

function StrongUnits({ layer, rows, mark, pin, pinned }: { layer: LayerEntry; rows: Strong[]; mark: (at: Place | null) => void; pin: (at: Place | null) => void; pinned: Place | null }) {
  const { manifest } = useAtlas();
  return (
    <ul class="tiles">
      {rows.map(([channel, value, share, y, x]) => {
        const place = { box: boxAt(layer, y, x, manifest.model.input), words: `${layer.name}:${channel}, response ${short(value)}` };
        const show = (): void => mark(place);
        const held = pinned?.words === place.words;
        return (
          <li key={channel} onMouseEnter={show} onMouseLeave={() => mark(null)}>
            <a href={toUnit(layer.name, channel)} onFocus={show} onBlur={() => mark(null)}>
              <span class="pair">
                <UnitTile layer={layer} channel={channel} kind="photos" side={56} />
                <UnitTile layer={layer} channel={channel} kind="projections" side={56} />
              </span>
              <span class="caption">
                <b>
                  <span class="heard">Unit </span>
                  {channel}
                </b>
                <span title="response, and its share of the unit's maximum">
                  {short(value)} · {Math.round(100 * share)} %
                </span>
              </span>
            </a>
            <button type="button" class="versus" aria-pressed={held} aria-label={`Where unit ${channel} responds`} title="Where it responds" onClick={() => (pin(held ? null : place), held && mark(null))}>
              ⌖
            </button>
          </li>
        );
      })}
    </ul>
  );
}

const SHOWN = 24;

function Won({ layer, wins }: { layer: LayerEntry; wins: [number, number, number][] }) {
  const [all, more] = useState(false);
  const shown = all ? wins : wins.slice(0, SHOWN);
  return (
    <>
      <ul class="tiles">
        {shown.map(([, channel, rank]) => (
          <li key={channel}>
            <a href={toUnit(layer.name, channel)}>
              <UnitTile layer={layer} channel={channel} kind="photos" side={48} />
              <span class="caption">
                <b>
                  <span class="heard">Unit </span>
                  {channel}
                </b>
                <span>no. {rank + 1}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
      {wins.length > shown.length && (
        <button type="button" onClick={() => more(true)}>
          Show all {wins.length}
        </button>
      )}
    </>
  );
}
