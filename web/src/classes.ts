// Classes: those of the collection, by the labels of its images, and those of the network, by its logits.

import { useMemo } from "preact/hooks";
import type { Atlas } from "./store";
import { useAtlas, useData } from "./store";
import type { ClassIndex, LayerData, LayerEntry, LogitIndex } from "./types";

export interface Classes {
  collection: ClassIndex | null;
  network: LogitIndex | null;
  /** Whether what there is has come. */
  ready: boolean;
}

/** Both kinds of classes, as far as this atlas names them; nothing is asked for until `wanted`. */
export function useClasses(wanted = true): Classes {
  const { manifest } = useAtlas();
  const ours = manifest.classes !== undefined;
  const theirs = manifest.paths.logits !== undefined;
  const collection = useData<ClassIndex>(wanted && ours ? "classes/index" : null);
  const network = useData<LogitIndex>(wanted && theirs ? "logits/index" : null);
  const ready = (!ours || Boolean(collection.value ?? collection.error)) && (!theirs || Boolean(network.value ?? network.error));
  return useMemo(() => ({ collection: collection.value, network: network.value, ready }), [collection.value, network.value, ready]);
}

/** The class whose logit a unit is; null where it is none, or has no name. */
export const logitName = (network: LogitIndex | null, layer: string, channel: number): string | null => (network?.layers.includes(layer) ? (network.names[channel] ?? null) : null);

/** What units of a layer are called: by the class whose logit each is, or by names of their own; nothing is asked for where they have none. */
export function useUnitNames(layer: LayerEntry | undefined, from?: Atlas | null): (channel: number) => string | null {
  const own = useAtlas();
  const { manifest } = from ?? own;
  const logits = layer !== undefined && manifest.paths.logits !== undefined && (layer.units.named || layer.channels === manifest.model.classes);
  const network = useData<LogitIndex>(logits ? "logits/index" : null, from);
  const others = layer?.units.named && (!logits || network.error !== null || (network.value !== null && !network.value.layers.includes(layer.name)));
  const data = useData<LayerData>(others ? `layers/${layer.id}` : null, from).value;
  return (channel) => (layer && logitName(network.value, layer.name, channel)) ?? data?.names?.[channel] ?? null;
}

/** The numbers of all that bear a name: two classes may share one. */
export const numbersOf = (names: string[] | undefined, name: string): number[] => (names ?? []).flatMap((one, i) => (one === name ? [i] : []));
