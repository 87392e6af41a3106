import { useState } from "preact/hooks";
import { toCompare, toLayer, toUnit } from "../route";
import { useShell } from "../shell";
import type { Atlas } from "../store";
import { useData } from "../store";
import type { LayerData, LayerEntry, UnitData, UnitShard } from "../types";
import { fieldOf, many, percent, shapeOf, short } from "../words";
import { labelOf, nameOf } from "../parts/Examples";
import { VirtualGrid } from "../parts/Grid";
import { keeps, Matches } from "./Matches";
import { Choice, Loading, Name, UnitWords } from "../parts/small";
import { DeadTile, ExampleTile, UnitTile } from "../parts/Tile";

export interface SideOf {
  atlas: Atlas;
  layer: LayerEntry;
}
type UnitSide = SideOf & { channel: number };

function useUnit(side: UnitSide): { shard: UnitShard; unit: UnitData } | null {
  const found = useData<UnitShard>(`layers/${side.layer.id}/${Math.floor(side.channel / side.layer.shard.units)}`, side.atlas);
  const unit = found.value?.units.find((one) => one.channel === side.channel);
  return found.value && unit ? { shard: found.value, unit } : null;
}

/** Two units side by side; looking at an image in one marks it in the other. */
export function CompareUnits({ left, right }: { left: UnitSide; right: UnitSide }) {
  const [a, b] = [useUnit(left), useUnit(right)];
  const [image, look] = useState<string | null>(null);
  if (!a || !b) return <Loading what="both units" />;
  // By name, since two atlases may number the images of one collection differently.
  const names = (side: { shard: UnitShard; unit: UnitData }) => side.unit.images.map((one) => nameOf(side.shard, one));
  const mine = names(a);
  const shared = names(b).filter((name) => mine.includes(name)).length;
  return (
    <>
      <p class="lead">
        {many(shared, "image")} of {mine.length} in common.
      </p>
      <div class="versus-pair">
        <UnitHalf side={left} found={a} image={image} look={look} />
        <UnitHalf side={right} found={b} image={image} look={look} />
      </div>
    </>
  );
}

function UnitHalf({ side, found, image, look }: { side: UnitSide; found: { shard: UnitShard; unit: UnitData }; image: string | null; look: (name: string | null) => void }) {
  const { layer, channel, atlas } = side;
  // Six beside each other in half of a wide page, or in all of a narrow one, three on a phone.
  const wide = Math.min(window.innerWidth, 1800);
  const room = Math.min(136, Math.floor(wide > 820 ? wide / 12 - 20 : wide > 560 ? wide / 6 - 24 : wide / 3 - 26));
  const { unit, shard } = found;
  const text = `${layer.name}:${channel}`;
  return (
    <section class="panel half" aria-label={text}>
      <h2>{atlas.name ? <><UnitWords unit={text} from={atlas} /> in <Name text={atlas.name} /></> : <a href={toUnit(layer.name, channel)}><UnitWords unit={text} /></a>}</h2>
      <p class="note">
        maximum {short(unit.maximum)} · mean {short(unit.mean)} · active {percent(unit.active)} · {fieldOf(layer)}
      </p>
      <div class="panels panels-2">
        {(["photos", "projections"] as const).map((kind) => (
          <div key={kind} class="nine" style={{ gridTemplateColumns: `repeat(${layer.sprite.columns}, auto)` }} role="group" aria-label={kind}>
            {unit.images.map((number, rank) => {
              const name = nameOf(shard, number);
              const label = labelOf(shard, number);
              return (
                <button
                  key={rank}
                  type="button"
                  class={name === image ? "cell active" : "cell"}
                  onMouseEnter={() => look(name)}
                  onMouseLeave={() => look(null)}
                  onFocus={() => look(name)}
                  onBlur={() => look(null)}
                  aria-label={`${kind === "photos" ? "Photo" : "Projection"} ${rank + 1}, ${name}`}
                  title={`${short(unit.values[rank])} · ${label ?? name}`}
                >
                  <ExampleTile layer={layer} unit={unit} kind={kind} rank={rank} side={room} zoom from={atlas} />
                </button>
              );
            })}
          </div>
        ))}
      </div>
      {unit.classes.length > 0 && (
        <p class="note">
          Top classes: {unit.classes.slice(0, 3).map(([label, mean]) => `${shard.classes[label] ?? label} (${short(mean)})`).join(", ")}
        </p>
      )}
    </section>
  );
}

/** Two layers side by side; a unit chosen in one is chosen in the other too, where there is one of its number. */
export function CompareLayers({ left, right, a, b }: { left: SideOf; right: SideOf; a: string; b: string }) {
  const [chosen, choose] = useState(-1);
  const { router } = useShell();
  const matched = keeps(left) && keeps(right) && (left.atlas !== right.atlas || left.layer !== right.layer);
  const [how, show] = useState<"matches" | "both">("matches");
  const open = (index: number): void => router.go(toCompare(`${a}:${index}`, `${b}:${Math.min(index, right.layer.channels - 1)}`, right.atlas.name));
  const choice = matched && <Choice label="What is shown" value={how} options={[["matches", "Best matches"], ["both", "Side by side"]]} change={show} />;
  if (matched && how === "matches") {
    return (
      <>
        {choice}
        <Matches key={`${a} ${b} ${right.atlas.name}`} left={left} right={right} />
      </>
    );
  }
  return (
    <>
    {choice}
    <div class="versus-pair">
      <LayerHalf side={left} chosen={chosen} choose={choose} open={open} keys />
      <LayerHalf side={right} chosen={chosen} choose={choose} open={open} keys={false} />
    </div>
    </>
  );
}

function LayerHalf({ side, chosen, choose, open, keys }: { side: SideOf; chosen: number; choose: (index: number) => void; open: (index: number) => void; keys: boolean }) {
  const { layer, atlas } = side;
  const data = useData<LayerData>(`layers/${layer.id}`, atlas);
  const only = atlas.manifest.subset?.[layer.name]; // of a copy that holds some units
  const unitAt = (index: number): number => only?.[index] ?? index;
  const current = only ? only.indexOf(chosen) : chosen < layer.channels ? chosen : -1;
  return (
    <section class="panel half" aria-label={layer.name}>
      <h2>{atlas.name ? <Name text={`${layer.name} in ${atlas.name}`} /> : <a href={toLayer(layer.name)}>{layer.name}</a>}</h2>
      <p class="note">
        {layer.op} · {shapeOf(layer)} · {fieldOf(layer)} · {many(layer.units.dead, "dead unit")}
      </p>
      {data.value && (
        <VirtualGrid
          count={only?.length ?? layer.channels}
          cell={{ width: 132, height: 94 }}
          gap={8}
          label={`Units of ${layer.name}`}
          current={current}
          select={(index) => choose(unitAt(index))}
          open={(index) => open(unitAt(index))}
          keyOf={unitAt}
          keys={keys}
          render={(index) => {
            const channel = unitAt(index);
            const dead = data.value?.dead.includes(channel);
            return (
              <button type="button" class="unit" onFocus={() => choose(channel)} onMouseEnter={() => choose(channel)} onClick={() => open(channel)}>
                <span class="pair">
                  {(["photos", "projections"] as const).map((kind) => (dead ? <DeadTile key={kind} side={60} /> : <UnitTile key={kind} layer={layer} channel={channel} kind={kind} side={60} from={atlas} />))}
                </span>
                <span class="caption">
                  <b>
                    <span class="heard">Unit </span>
                    {data.value?.names?.[channel] ? <bdi>{data.value.names[channel]}</bdi> : channel}
                  </b>
                  <span>{dead ? "dead" : short(data.value?.maximum[channel])}</span>
                </span>
              </button>
            );
          }}
        />
      )}
    </section>
  );
}
