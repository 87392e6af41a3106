import type { LayerEntry } from "../types";
import { isLike } from "../words";
import { Name } from "./small";

/** What has to be known before projections are believed: layers where they hardly depend on the unit. */
export function Caution({ layers }: { layers: LayerEntry[] }) {
  const alike = layers.filter(isLike);
  if (!alike.length) return null;
  return (
    <p class="caution">
      {alike.map((layer, i) => (
        <span key={layer.id}>
          {i > 0 && ", "}
          <Name text={layer.name} />
        </span>
      ))}
      : projections look much like a random signal's from the same place (median cosine above 0.9). They say where, hardly what.
    </p>
  );
}
