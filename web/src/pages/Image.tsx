import { useState } from "preact/hooks";
import { FedOn } from "../parts/Caused";
import { ClassName, Contrast, Loading, Name, Problem, Section } from "../parts/small";
import type { Place } from "../parts/Strong";
import { StrongUnits, Won } from "../parts/Strong";
import { WholeImage } from "../parts/WholeImage";
import { toExperiment, toImage } from "../route";
import { useKeys, useShell } from "../shell";
import { useAtlas, useData, useExperiments } from "../store";
import type { Experiment, ImageIndex, ImageShard, ProfileIndex, ProfileShard, Strong, TakenData, TakenIndex } from "../types";
import { baseName, bytes, many, percent, short } from "../words";

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
  const { manifest } = useAtlas();
  const whole = Number.isInteger(number) && number >= 0;
  const index = useData<ImageIndex>(whole ? "images/index" : null);
  const profiled = useData<ProfileIndex>(whole && manifest.extras ? "profiles/index" : null);
  const at = profiled.value && manifest.extras ? shardOf(profiled.value, number, manifest.extras.profileShard) : -1;
  const profile = useData<ProfileShard>(at >= 0 ? `profiles/${at}` : null);
  const shard = index.value?.shards.find((one) => one === Math.floor(number / manifest.images.shard));
  const wins = useData<ImageShard>(shard === undefined ? null : `images/${shard}`);
  const experiments = useExperiments();
  if (!whole) return <Problem title="No such image">Images have numbers from 0.</Problem>;
  if (index.error) return <Problem title="Data is missing">{index.error.message}</Problem>;
  if (!index.value || (manifest.extras && !profiled.value && !profiled.error) || (at >= 0 && !profile.value && !profile.error) || (shard !== undefined && !wins.value && !wins.error)) return <Loading what={`image ${number}`} />;
  const won = wins.value?.images[number];
  const known = profile.value?.images[number];
  const info = known ?? won;
  if (!info) return <Problem title="Not in this atlas">{number < manifest.data.count ? `Image ${number} is shown nowhere in this atlas, which looked at ${many(profiled.value?.count ?? 0, "image")} of ${manifest.data.count} one by one.` : `The collection has images 0 to ${manifest.data.count - 1}.`}</Problem>;
  const label = info.label < 0 ? null : ((profile.value ?? wins.value)?.classes[info.label] ?? `class ${info.label}`);
  const about = (experiments ?? []).filter((experiment) => experiment.images.includes(number));
  const answers = (known?.answers ?? []).map(([at, score]): Answer => [profile.value?.answers?.names[at] ?? `class ${at}`, profile.value?.answers?.score === "value" ? short(score) : percent(score && Number(score.toPrecision(3)))]);
  return <ImageView number={number} name={info.name} label={label} answers={answers} strong={known?.layers ?? null} wins={won?.wins ?? []} images={profiled.value?.images ?? []} about={about} />;
}

/** What the network answers: a class, and how sure it is. */
type Answer = [name: string, score: string];

interface ViewProps {
  number: number;
  name: string;
  label: string | null;
  answers: Answer[];
  strong: Strong[][] | null;
  wins: [number, number, number][];
  images: number[];
  about: Experiment[];
}

function ImageView({ number, name, label, answers, strong, wins, images, about }: ViewProps) {
  const { manifest } = useAtlas();
  const { router } = useShell();
  const [pointed, point] = useState<Place | null>(null);
  const [pinned, pin] = useState<Place | null>(null); // by touch or key: it stays
  const place = pointed ?? pinned;
  const index = useData<TakenIndex>(manifest.taken ? "taken/index" : null).value;
  const taken = useData<TakenData>(index?.images.includes(number) ? `taken/${number}` : null).value;
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
          {answers.length > 0 && (
            <p class="answers">
              The network answers{" "}
              {answers.map(([said, score], i) => (
                <span key={said}>
                  {i > 0 && ", "}
                  <ClassName name={said} number={-1} /> {score}
                </span>
              ))}
            </p>
          )}
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
          <WholeImage image={number} name={name} box={place?.box ?? null} part={place?.part ?? null} over={place?.over ?? null} />
          <figcaption>{place ? place.words : "Point at a unit, or press its mark, to see where it responds and what it takes"}</figcaption>
          <p class="quiet path">
            <Name text={name} plain />
          </p>
          <ul class="plain">
            {about.map((experiment) => (
              <li key={experiment.name}>
                <a href={toExperiment(experiment.name)}>{experiment.title}</a>
              </li>
            ))}
          </ul>
        </figure>
        <div>
          {strong && <Legend taken={taken !== null} known={!manifest.taken || index !== null} />}
          <FedOn image={number} />
          {manifest.layers.map((layer, i) => {
            const rows = strong?.[i] ?? [];
            const first = wins.filter((win) => win[0] === i);
            if (!rows.length && !first.length) return null;
            return (
              <Section key={layer.id} title={layer.name} note={first.length ? `among the ${manifest.options.k} strongest of ${many(first.length, "unit")}` : undefined}>
                {rows.length > 0 ? <StrongUnits layer={layer} image={number} rows={rows} wins={first} grid={index?.grids[i]} row={i} taken={taken?.layers[i]} mark={point} pin={pin} pinned={pinned} /> : <Won layer={layer} wins={first} />}
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

/** What is shown of this image's units, and where it ends. */
function Legend({ taken, known }: { taken: boolean; known: boolean }) {
  const { manifest } = useAtlas();
  const told = manifest.taken;
  return (
    <div class="beside-note">
      <p class="note">
        The units that respond most, by share of their own maximum (“max”: no image excites the unit more): the place in this image, and what each takes from it.
        {!taken && known && (told ? ` Of this image the latter is kept only where it is among a unit's strongest: ${many(told.images, "image")}, evenly spread, fit the ${bytes(told.budget)} that the atlas was made with (--image-bytes).` : " This atlas keeps the latter only where the image is among a unit's strongest.")}
      </p>
      <Contrast />
    </div>
  );
}
