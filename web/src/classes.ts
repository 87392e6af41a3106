// Classes: those of the collection, by the labels of its images, and those of the network, by its logits.

import { useMemo } from "preact/hooks";
import { useAtlas, useData } from "./store";
import type { ClassIndex, LogitIndex } from "./types";

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

/** The numbers of all that bear a name: two classes may share one. */
export const numbersOf = (names: string[] | undefined, name: string): number[] => (names ?? []).flatMap((one, i) => (one === name ? [i] : []));
