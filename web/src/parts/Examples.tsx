import { useEffect, useRef, useState } from "preact/hooks";
import type { View } from "../layerview";
import { toImage } from "../route";
import { firstOf, spriteOf } from "../downloads";
import { useAtlas, useMissing } from "../store";
import type { LayerEntry, UnitData, UnitShard } from "../types";
import { short } from "../words";
import { BandChoice, channelsOf, ChannelTile } from "./Channels";
import { HowToRead } from "./Truth";
import { Choice, ClassName, Contrast, Name } from "./small";
import type { Kind } from "./Tile";
import { ExampleTile, partOf } from "./Tile";
import { WholeImage } from "./WholeImage";

export type Reach = "part" | "field" | "whole";

interface Props {
  layer: LayerEntry;
  shard: UnitShard;
  unit: UnitData;
  view: View;
  show: (view: View) => void;
  /** What is shown of each: the part where the projection is, the whole field, or the photo whole, the field marked. */
  reach: Reach;
  extend: (reach: Reach) => void;
  /** The channel that photos show by itself, counted from 1; 0 for the bands that were asked for. */
  band: number;
  choose: (band: number) => void;
  active: number;
  activate: (rank: number) => void;
  open: (rank: number) => void;
}

export const labelOf = (shard: { images: UnitShard["images"]; classes: UnitShard["classes"] }, image: number): string | null => {
  const label = shard.images[image]?.label ?? -1;
  return label < 0 ? null : (shard.classes[label] ?? `class ${label}`);
};
export const nameOf = (shard: { images: UnitShard["images"] }, image: number): string => shard.images[image]?.name ?? `image ${image}`;

/** Photos beside projections, cell by cell as in the paper's Fig. 2, and where the one looked at lies in its image. */
export function Examples(props: Props) {
  const { layer, shard, unit, view, show, reach, band, choose, active, activate, open } = props;
  const whole = reach === "whole";
  const atlas = useAtlas();
  const sprite = (reach === "part" ? firstOf : spriteOf)(atlas, layer, unit.channel);
  const missing = useMissing(sprite);
  const channels = channelsOf(layer, atlas.manifest.model.input, atlas.manifest.paths.bands);
  const kinds: Kind[] = view === "both" ? ["photos", "projections"] : [view];
  return (
    <div class="examples">
      <div class="examples-bar">
        <Choice
          label="Show"
          value={view}
          options={[
            ["photos", "Photos"],
            ["projections", "Projections"],
            ["both", "Both"],
          ]}
          change={show}
        />
        <Reaches {...props} />
        {view !== "projections" && !whole && channels > 0 && <BandChoice count={channels} band={band} change={choose} />}
        {view !== "photos" && <Contrast />}
        <span class="hint hover-only">Hover to see where; click or 1–9 to enlarge</span>
        <span class="hint touch-only">Touch to enlarge</span>
        <HowToRead layer={layer} labelled={unit.classes.length > 0} />
      </div>
      <div class={`panels panels-${kinds.length}`}>
        {kinds.map((kind) => (
          <Panel key={kind} kind={kind} whole={whole && kind === "photos"} reach={reach} layer={layer} shard={shard} unit={unit} band={band} active={active} activate={activate} open={open} />
        ))}
      </div>
      {missing && (
        <p class="panel warning missing-picture" role="alert">
          The picture file <code>{sprite}</code> is missing from this copy of the atlas; its numbers are here.
        </p>
      )}
      <Looked layer={layer} shard={shard} unit={unit} rank={Math.min(active, unit.images.length - 1)} />
    </div>
  );
}

/** How much of each is shown, where there is a choice. */
function Reaches({ layer, unit, view, reach, extend }: Props) {
  const { manifest } = useAtlas();
  const options: [Reach, string][] = [["field", "Field"]];
  if (layer.content && unit.images.some((_, rank) => partOf(unit, rank))) options.unshift(["part", "Zoom"]);
  if (view !== "projections" && layer.field !== null && manifest.paths.image !== null) options.push(["whole", "In its image"]);
  return options.length > 1 ? <Choice label="How much is shown" value={reach} options={options} change={extend} /> : null;
}

function Panel({ kind, layer, shard, unit, whole, reach, band, active, activate, open }: { kind: Kind; whole: boolean } & Omit<Props, "view" | "show" | "extend" | "choose">) {
  const box = useRef<HTMLDivElement>(null);
  const [side, measure] = useState(112);
  const columns = layer.sprite.columns;
  useEffect(() => {
    if (!box.current) return;
    const size = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      if (width) measure(Math.max(24, Math.min(224, Math.floor((width - (columns - 1) * 4) / columns))));
    });
    size.observe(box.current);
    return () => size.disconnect();
  }, [columns]);
  const words = kind === "photos" ? "Photo" : "Projection";
  return (
    <figure class="panel-9">
      <figcaption>{kind === "photos" ? "What excites it" : "What it takes from each"}</figcaption>
      <div ref={box} class="nine" style={{ gridTemplateColumns: `repeat(${columns}, ${side}px)` }} role="group" aria-label={`${words}s`}>
        {unit.images.map((image, rank) => (
          <button
            key={rank}
            type="button"
            class={rank === active ? "cell active" : "cell"}
            onMouseEnter={() => activate(rank)}
            onFocus={() => activate(rank)}
            onClick={() => open(rank)}
            aria-label={`${words} ${rank + 1}: activation ${short(unit.values[rank])}, ${nameOf(shard, image)}${labelOf(shard, image) ? `, ${labelOf(shard, image)}` : ""}`}
          >
            {whole ? (
              <WholeImage image={image} name={nameOf(shard, image)} box={unit.boxes[rank] ?? null} square={side} />
            ) : kind === "photos" && band > 0 && unit.values[rank] !== 0 ? (
              <ChannelTile layer={layer} channel={unit.channel} band={band} rank={rank} side={side} part={reach === "part" ? partOf(unit, rank) : null} />
            ) : (
              <ExampleTile layer={layer} unit={unit} kind={kind} rank={rank} side={side} zoom={reach === "part"} />
            )}
          </button>
        ))}
      </div>
    </figure>
  );
}

/** The example looked at: its numbers, and the receptive field in the whole image. */
function Looked({ layer, shard, unit, rank }: { layer: LayerEntry; shard: UnitShard; unit: UnitData; rank: number }) {
  const image = unit.images[rank] as number;
  const name = nameOf(shard, image);
  const label = labelOf(shard, image);
  return (
    <figure class="looked">
      <figcaption>Where it looks</figcaption>
      <WholeImage image={image} name={name} box={unit.boxes[rank] ?? null} part={unit.content?.[rank] ?? null} />
      <dl>
        <div>
          <dt>Example</dt>
          <dd>
            {rank + 1} of {unit.images.length}
          </dd>
        </div>
        <div>
          <dt>Activation</dt>
          <dd class="number">{short(unit.values[rank])}</dd>
        </div>
        {label !== null && (
          <div>
            <dt>Label</dt>
            <dd>
              <ClassName name={label} number={-1} />
            </dd>
          </div>
        )}
        <div>
          <dt>Image</dt>
          <dd>
            <a href={toImage(image)}>
              <Name text={name} />
            </a>
          </dd>
        </div>
        {layer.spatial && (
          <div>
            <dt>Place</dt>
            <dd class="number">
              row {unit.y[rank]}, column {unit.x[rank]}
            </dd>
          </div>
        )}
      </dl>
    </figure>
  );
}
