import { fill, useAtlas } from "../store";
import type { LayerEntry, UnitData } from "../types";
import { Section } from "./small";
import type { Part } from "./Tile";
import { Tile } from "./Tile";

/** How many channels images have that are kept one by one in a layer; 0 where they are not. */
export const channelsOf = (layer: LayerEntry, input: [number, number, number], path: string | undefined): number => (layer.bands && path ? input[0] : 0);

/** One channel of a unit's k photos, or of its first projection, by itself as grey; channels are counted from 1. */
export function ChannelTile(props: { layer: LayerEntry; channel: number; band: number; rank: number | null; side: number; label?: string; part?: Part | null }) {
  const { manifest } = useAtlas();
  const { layer, channel, band, rank, side, label, part = null } = props;
  if (!layer.bands || !manifest.paths.bands) return null;
  const k = manifest.options.k;
  const cell = rank === null ? manifest.model.input[0] * k + band - 1 : (band - 1) * k + rank;
  const path = fill(manifest.paths.bands, { layer: layer.id, channel });
  return <Tile path={path} grid={layer.bands} panel={0} cell={cell} side={side} boost={rank === null} part={part} {...(label ? { label } : {})} />;
}

/** Which bands the photos show: the composite that was asked for, or one channel. */
export function BandChoice({ count, band, change }: { count: number; band: number; change: (band: number) => void }) {
  const { manifest } = useAtlas();
  const shown = manifest.model.shown ?? [];
  return (
    <label class="choice-of-one">
      Bands{" "}
      <select value={String(band)} onChange={(event) => change(Number(event.currentTarget.value))}>
        <option value="0">{shown.join(", ")}</option>
        {Array.from({ length: count }, (_, at) => (
          <option key={at} value={String(at + 1)}>
            {at + 1}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The strongest example channel by channel: what is there, and what the unit takes from each. */
export function Channels({ layer, unit, change }: { layer: LayerEntry; unit: UnitData; change: (band: number) => void }) {
  const { manifest } = useAtlas();
  const count = channelsOf(layer, manifest.model.input, manifest.paths.bands);
  const grid = layer.bands;
  if (!count || !grid) return null;
  // As large as all channels can be side by side, in whole pixels where they are small.
  const side = Math.min(80, Math.max(grid.height, grid.width) * layer.tile.enlarge);
  return (
    <Section
      title="Channels"
      class="panel wide channels-panel"
      note="The strongest example channel by channel: the photo above, and below it what the unit takes from that channel, all on one scale. Elsewhere projections are the sum over channels."
    >
      <ol class="channels">
        {Array.from({ length: count }, (_, at) => (
          <li key={at}>
            <button type="button" class="plain-button" onClick={() => change(at + 1)} aria-label={`Show band ${at + 1}`} title={`Show band ${at + 1}`}>
              <ChannelTile layer={layer} channel={unit.channel} band={at + 1} rank={0} side={side} />
              <ChannelTile layer={layer} channel={unit.channel} band={at + 1} rank={null} side={side} />
              <span class="number">{at + 1}</span>
            </button>
          </li>
        ))}
      </ol>
    </Section>
  );
}
