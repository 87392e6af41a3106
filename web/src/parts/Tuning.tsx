import { fill, useAtlas, useData } from "../store";
import type { LayerEntry, TuningData, UnitData } from "../types";
import { shareOf } from "../words";
import { Section } from "./small";

const WIDEST = 1.25; // of an activation, what the bars show at most

const place = (share: number): string => `${(100 * Math.min(Math.max(share, 0), WIDEST)) / WIDEST}%`;

/** What survives of a unit's activation when its strongest images lose a property, beside its layer. */
export function Tuning({ layer, unit }: { layer: LayerEntry; unit: UnitData }) {
  const { manifest } = useAtlas();
  const data = useData<TuningData>(manifest.paths.tuning ? fill(manifest.paths.tuning, { layer: layer.id }) : null).value;
  if (!data?.kept.some((column) => (column[unit.channel] ?? null) !== null)) return null;
  const out = data.out[unit.channel] ?? [];
  return (
    <Section
      title="Tuning"
      note={`What survives of the activation when this unit's strongest images are changed: the dot, with its interval; the shaded part is the middle half of the layer's units. In bold where this unit differs from its layer.`}
    >
      <ol class="tuning">
        {data.kinds.map((kind, number) => {
          const kept = data.kept[number]?.[unit.channel] ?? null;
          if (kept === null) return null;
          const low = data.low[number]?.[unit.channel] ?? null;
          const high = data.high[number]?.[unit.channel] ?? null;
          const [below, median, above] = data.quartiles[number] ?? [];
          const differs = out.some((one) => Math.abs(one) === number + 1);
          return (
            <li key={kind.name} class={differs ? "differs" : undefined} title={`keeps ${shareOf(kept)} ${kind.how}; the layer's median is ${shareOf(median)}`}>
              <span>
                {kind.what} <span class="quiet">{kind.how}</span>
              </span>
              <span class="tuning-track" aria-hidden="true">
                {below != null && above != null && <i class="middle" style={{ left: place(below), right: `calc(100% - ${place(above)})` }} />}
                {low !== null && high !== null && <i class="interval" style={{ left: place(low), right: `calc(100% - ${place(high)})` }} />}
                <i class="dot" style={{ left: place(kept) }} />
              </span>
              <span class="number">{shareOf(kept)}</span>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
