import { useEffect, useRef } from "preact/hooks";
import { logitName, useClasses } from "../classes";
import { toClass, toExperiment, toLayer, toUnit, toCompare, withQuery } from "../route";
import { fill, layerOfUnit, useAtlas, useData, useExperiments } from "../store";
import type { Experiment, ExtraShard, Joint, LayerData, LayerEntry, UnitData, UnitExtra, UnitShard } from "../types";
import { percent, short } from "../words";
import { labelOf, nameOf } from "./Examples";
import { Histogram } from "./Histogram";
import { Later } from "./Later";
import { useMarks } from "../marks";
import { ClassName, Name, Section, UnitCaption } from "./small";
import { FedUnit } from "./Caused";
import { Needs } from "./Needs";
import { Likeness } from "./Truth";
import { ExampleTile, Tile, UnitTile } from "./Tile";
import { Tuning } from "./Tuning";
import { Cut } from "./WholeImage";

interface Props {
  layer: LayerEntry;
  data: LayerData;
  shard: UnitShard;
  unit: UnitData;
  /** Whether to offer a place for a note. */
  note: boolean;
  /** The address of this view of the unit with something in it changed. */
  link: (part: Record<string, string | number | null>) => string;
  /** The share of the maximum that is looked at, by its place among the lower responses. */
  share: number;
}

/** Everything about a unit below its nine examples; a key paints those first, and each part of this in its turn. */
export function Details(props: Props) {
  const { layer, unit } = props;
  const atlas = useAtlas();
  const extras = atlas.manifest.extras;
  const number = extras ? Math.floor(unit.channel / extras.shard) : 0;
  const extra = useData<ExtraShard>(extras ? `extras/${layer.id}/${number}` : null).value;
  const experiments = useExperiments();
  const given = { ...props, extra, mine: extra?.units[unit.channel - extra.first], experiments };
  return (
    <div class="details">
      <Later given={given} about={unit} turn={0} draw={First} />
      <Later given={given} about={unit} turn={1} draw={Second} />
      <Later given={given} about={unit} turn={2} draw={Third} />
    </div>
  );
}

type Given = Props & { extra: ExtraShard | null; mine: UnitExtra | undefined; experiments: Experiment[] | null };

/** What a bin of responses leads to: the strongest example in it, or the lower responses of its share of the maximum. */
export function inBin(unit: Pick<UnitData, "values" | "maximum">, low: number, high: number): { n: number } | { share: number } | null {
  const example = unit.values.findIndex((value) => value !== null && value !== 0 && value >= low && value < high);
  if (example >= 0) return { n: example + 1 };
  const part = (low + high) / 2 / (unit.maximum || 1);
  return part > 0 && part <= 0.95 ? { share: part > 0.75 ? 1 : part > 0.5 ? 2 : part > 0.25 ? 3 : 4 } : null;
}

const First = ({ layer, data, shard, unit, note, mine, link }: Given) => (
  <>
    <div class="stack">
      {!unit.dead && <Section title="Responses" note={`Images by their strongest response, heights by square root; the ${unit.values.length} shown above are marked.`}>
        <Histogram edges={data.histogram.edges} first={unit.histogram.first} counts={unit.histogram.counts} marks={unit.values}
          title="Responses"
          link={(low, high) => {
            const found = inBin(unit, low, high);
            return found && ("n" in found || (mine?.bands.length ?? 0) > 0) ? link({ share: null, ...found }) : null;
          }}
        />
      </Section>}
      {note && <Notebook key={`${layer.name}:${unit.channel}`} unit={`${layer.name}:${unit.channel}`} />}
    </div>
    {((unit.classes.length > 0 && !unit.dead) || mine?.control) && (
      <div class="stack">
        {unit.classes.length > 0 && !unit.dead && <Classes shard={shard} unit={unit} />}
        {mine?.control && <Control layer={layer} unit={unit} extra={mine} />}
      </div>
    )}
    <Tuning layer={layer} unit={unit} />
  </>
);

const Second = ({ unit, extra, mine, share }: Given) => (mine && extra && mine.bands.length > 0 ? <Bands extra={extra} unit={mine} maximum={unit.maximum} share={share} /> : null);

const Third = ({ layer, unit, extra, mine, experiments }: Given) => {
  const timed = (one: Experiment): boolean => one.kind === "evolution" && Array.isArray(one.settings.layers) && one.settings.layers.includes(layer.name);
  const about = (experiments ?? []).filter((one) => timed(one) || one.units.includes(`${layer.name}:${unit.channel}`));
  return (
    <>
      <Needs of={`${layer.name}:${unit.channel}`} kind="unit" />
      <Nearest layer={layer} unit={unit} />
      <FedUnit unit={`${layer.name}:${unit.channel}`} />
      {mine && extra && (mine.incoming.length > 0 || extra.incoming !== "") && <Joints title="Strongest inputs" joints={mine.incoming} note={extra.incoming} />}
      {mine && extra && (mine.outgoing.length > 0 || extra.outgoing !== "") && <Joints title="Strongest outputs" joints={mine.outgoing} note={extra.outgoing} />}
      {about.length > 0 && (
        <Section title="Experiments on this unit">
          <ul class="plain">
            {about.map((experiment) => (
              <li key={experiment.name}>
                <a href={withQuery(toExperiment(experiment.name), timed(experiment) ? { layer: layer.name, unit: unit.channel } : {})}>{experiment.title}</a> <span class="op">{experiment.kind}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
};

/** What a person writes about the unit, kept in this browser. */
function Notebook({ unit }: { unit: string }) {
  const marks = useMarks();
  return (
    <Section title="Your note" note="Kept in this browser; the first page lists it among the marked units, and saves it.">
      <textarea rows={2} maxLength={2000} value={marks.all()[unit] ?? ""} onInput={(event) => marks.write(unit, event.currentTarget.value)} aria-label={`Note on ${unit}`} placeholder="What does this unit look for?" />
    </Section>
  );
}

function Classes({ shard, unit }: { shard: UnitShard; unit: UnitData }) {
  const most = Math.max(...unit.classes.map(([, mean]) => mean), 0);
  return (
    <Section title="Top classes" note="Mean, over a class's images, of the strongest response in each.">
      <ol class="bars">
        {unit.classes.map(([label, mean]) => (
          <li key={label}>
            <span class="bar-name">
              <ClassName name={shard.classes[label]} number={label} />
            </span>
            <span class="bar-track" aria-hidden="true">
              <span style={{ width: `${most > 0 ? (100 * Math.max(0, mean)) / most : 0}%` }} />
            </span>
            <span class="number">{short(mean)}</span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Bands({ extra, unit, maximum, share }: { extra: ExtraShard; unit: UnitExtra; maximum: number | null; share: number }) {
  const looked = useRef<HTMLDivElement>(null);
  useEffect(() => looked.current?.scrollIntoView({ block: "center" }), [share]);
  return (
    <Section title="Lower responses" class="panel wide" note="Patches from images that excite the unit less, at their strongest place: a unit is more than its maxima. Those shown above are left out.">
      <div class="bands">
        {unit.bands.map((band, i) => (
          <div key={band.high} class={i + 1 === share ? "band here" : "band"} ref={i + 1 === share ? looked : null}>
            <h3>
              {maximum ? `${percent(band.low / maximum)} to ${percent(band.high / maximum)}` : ""} <span class="quiet">of the maximum</span>
            </h3>
            <div class="band-row">
              {band.samples.map((sample) => {
                const label = labelOf(extra, sample.image);
                return (
                  <a key={sample.image} href={`#/i/${sample.image}`} title={`${nameOf(extra, sample.image)}${label ? `, ${label}` : ""}`}>
                    <Cut image={sample.image} box={sample.box} label={`Response ${short(sample.value)}, ${nameOf(extra, sample.image)}`} />
                    <span class="number">{short(sample.value)}</span>
                  </a>
                );
              })}
              {band.samples.length === 0 && <span class="quiet">none among the images sampled</span>}
            </div>
          </div>
        ))}
      </div>
    </Section>
  );
}

function Nearest({ layer, unit }: { layer: LayerEntry; unit: UnitData }) {
  const atlas = useAtlas();
  const nearest = unit.nearest.filter(([channel]) => layerOfUnit(atlas, layer.name, channel));
  if (!nearest.length) return null;
  return (
    <Section
      title="Nearest units"
      note={
        <>
          By co-activation over the collection: {layer.neighbours}. <a href={toLayer(layer.name, { sort: "similar", near: unit.channel, up: 0 })}>Sort the layer by likeness to this unit</a>
        </>
      }
    >
      <ul class="tiles">
        {nearest.map(([channel, similarity]) => (
          <li key={channel}>
            <a href={toUnit(layer.name, channel)}>
              <UnitTile layer={layer} channel={channel} kind="photos" side={56} />
              <UnitCaption layer={layer} channel={channel}>
                <span>
                  <span class="heard">similarity </span>
                  {similarity.toFixed(2)}
                </span>
              </UnitCaption>
            </a>
            <a class="versus" href={toCompare(`${layer.name}:${unit.channel}`, `${layer.name}:${channel}`)} aria-label={`Compare with unit ${channel}`} title="Compare">
              ⇄
            </a>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function Joints({ title, joints, note }: { title: string; joints: Joint[]; note: string }) {
  const atlas = useAtlas();
  const { network } = useClasses();
  const any = joints.some(([name, channel]) => layerOfUnit(atlas, name, channel));
  const most = Math.max(...joints.map(([, , weight]) => Math.abs(weight)), 0);
  return (
    <Section title={title} note={note}>
      <ol class={any ? "joints" : "joints bare"}>
        {joints.map(([name, channel, weight]) => {
          const layer = layerOfUnit(atlas, name, channel);
          const words = `${name}:${channel}`;
          const logit = logitName(network, name, channel);
          const { input, shown } = atlas.manifest.model;
          // The image's channels, by their colour where they have one.
          const colour = !layer && name === "image" && input[0] === 3 && !shown ? ["red", "green", "blue"][channel] : undefined;
          const named = logit !== null && (
            <>
              <Name text={logit} /> <small class="quiet">{words}</small>
            </>
          );
          return (
            <li key={words}>
              {any && (layer ? <UnitTile layer={layer} channel={channel} kind="photos" side={32} /> : <span class="tile none" aria-hidden="true" />)}
              <span class="joint-name" title={layer || colour ? words : `${words}: this unit is not in the atlas`}>
                {logit !== null ? (
                  // A part of an atlas has no pages of classes.
                  atlas.manifest.subset ? (
                    <span class="logit">{named}</span>
                  ) : (
                    <a class="logit" href={toClass(logit)}>
                      {named}
                    </a>
                  )
                ) : layer ? (
                  <a href={toUnit(name, channel)}>
                    <span>{name}</span>:{channel}
                  </a>
                ) : (
                  colour ?? (
                    <>
                      <span>{name}</span>:{channel}
                    </>
                  )
                )}
              </span>
              <span class={weight < 0 ? "bar-track negative" : "bar-track"} aria-hidden="true">
                <span style={{ width: `${most > 0 ? (100 * Math.abs(weight)) / most : 0}%` }} />
              </span>
              <span class="number">{weight < 0 ? `−${short(-weight)}` : `+${short(weight)}`}</span>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

function Control({ layer, unit, extra }: { layer: LayerEntry; unit: UnitData; extra: UnitExtra }) {
  const { manifest } = useAtlas();
  if (!manifest.paths.controls || !extra.control) return null;
  const path = fill(manifest.paths.controls, { layer: layer.id, sheet: Math.floor(unit.channel / layer.sheet.units) });
  return (
    <Section
      title="Control"
      note="The first projection beside one from the same place of the same image with random positive numbers at all units instead of this unit's activation. Projections that look like their control say little about the unit."
    >
      <div class="control">
        <figure>
          <ExampleTile layer={layer} unit={unit} kind="projections" rank={0} side={112} />
          <figcaption>this unit</figcaption>
        </figure>
        <figure>
          <Tile path={path} grid={layer.sheet} panel={0} cell={unit.channel % layer.sheet.units} side={112} boost label="Projection of a random signal" />
          <figcaption>random signal</figcaption>
        </figure>
        <p>
          <b class="figure">{extra.control.similarity === null ? "–" : extra.control.similarity.toFixed(2)}</b>
          <span class="quiet">cosine similarity of the two: 1 alike, 0 unrelated</span>
        </p>
      </div>
      <Likeness layer={layer} similarity={extra.control.similarity} />
    </Section>
  );
}
