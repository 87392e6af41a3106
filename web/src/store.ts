// Data at hand: every address is loaded once, and what is at hand is there without waiting, so that a page whose data
// was loaded before paints at once.

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Host } from "./host";
import type { Experiment, LayerEntry, Manifest, Neighbour } from "./types";

export const SCHEMA = 1;

type Entry = { value?: unknown; error?: Error; promise: Promise<unknown> };

export class Store {
  private readonly entries = new Map<string, Entry>();

  constructor(
    readonly host: Host,
    readonly atlas: string,
  ) {}

  peek(address: string): Entry | undefined {
    return this.entries.get(address);
  }

  load<T>(address: string): Promise<T> {
    const known = this.entries.get(address);
    if (known) return known.promise as Promise<T>;
    const entry: Entry = { promise: Promise.resolve() };
    entry.promise = this.host.load(address, this.atlas).then(
      (value) => {
        entry.value = value;
        return value;
      },
      (error: unknown) => {
        this.entries.delete(address); // asked for again, it is tried again
        entry.error = error instanceof Error ? error : new Error(String(error));
        throw entry.error;
      },
    );
    this.entries.set(address, entry);
    return entry.promise as Promise<T>;
  }
}

export interface Atlas {
  store: Store;
  manifest: Manifest;
  /** Its name among the atlases of the folder; empty for the folder's own. */
  name: string;
}

export const AtlasContext = createContext<Atlas | null>(null);

export function useAtlas(): Atlas {
  const atlas = useContext(AtlasContext);
  if (!atlas) throw new Error("no atlas");
  return atlas;
}

export type Loaded<T> = { value: T; error: null } | { value: null; error: Error | null };

/** What an address holds, loading it if need be; null asks for nothing. */
export function useData<T>(address: string | null, from?: Atlas | null): Loaded<T> {
  const own = useContext(AtlasContext);
  const store = (from ?? own)?.store;
  const [, turn] = useState(0);
  const [failed, fail] = useState<{ address: string; error: Error } | null>(null);
  const at = address === null ? undefined : store?.peek(address);
  const there = at !== undefined && at.value !== undefined;
  useEffect(() => {
    if (address === null || !store || there) return;
    let wanted = true;
    store.load<T>(address).then(
      () => wanted && turn((n) => n + 1),
      (error: Error) => wanted && fail({ address, error }),
    );
    return () => {
      wanted = false;
    };
  }, [address, store, there]);
  if (there) return { value: at.value as T, error: null };
  return { value: null, error: failed && failed.address === address ? failed.error : null };
}

/** The other atlases in the folder. */
export function useNeighbours(): Neighbour[] {
  return useData<Neighbour[]>("atlases").value ?? NONE;
}

const NONE: never[] = [];

/** The results of other commands in the atlas, as the list has them; null while they are on their way. */
export function useExperiments(): Experiment[] | null {
  return useData<Experiment[]>("experiments").value;
}

/** What an image element may show for a path of the atlas; undefined while it is fetched. */
export function usePicture(path: string | null, from?: Atlas | null): string | undefined {
  const own = useContext(AtlasContext);
  const atlas = from ?? own;
  const now = path === null || !atlas ? undefined : atlas.store.host.picture(path, atlas.name);
  const direct = typeof now === "string" ? now : undefined;
  const [late, arrived] = useState<{ path: string; url: string } | null>(null);
  useEffect(() => {
    if (path === null || direct !== undefined || !now || typeof now === "string") return;
    let wanted = true;
    void now.then((url) => wanted && arrived({ path, url }));
    return () => {
      wanted = false;
    };
  }, [path, direct]);
  return direct ?? (late && late.path === path ? late.url : undefined);
}

/** Whether a picture file turned out not to be there: backgrounds do not tell. */
export function useMissing(path: string | null): boolean {
  const url = usePicture(path);
  const [failed, fail] = useState<string | null>(null);
  useEffect(() => {
    if (url === undefined) return;
    const image = new Image();
    image.onerror = () => fail(url);
    image.src = url;
    return () => {
      image.onerror = null;
    };
  }, [url]);
  return url !== undefined && failed === url;
}

/** The manifest of an atlas; rejects with words for people where this viewer cannot show it. */
export async function openAtlas(host: Host, name: string): Promise<Atlas> {
  const store = new Store(host, name);
  const manifest = await store.load<Manifest>("manifest");
  if (manifest.format !== "convscope-atlas") throw new Error("This folder holds something that is no atlas.");
  if (manifest.schema > SCHEMA) {
    throw new Error(
      `This atlas was written by a newer convscope (format ${manifest.schema}; this page reads ${SCHEMA}). ` +
        "Open it with that release, or build it again with this one.",
    );
  }
  return { store, manifest, name };
}

export function layerNamed(atlas: Atlas, name: string): LayerEntry | undefined {
  return atlas.manifest.layers.find((layer) => layer.name === name);
}

/** The layer of a unit that is in this copy: an export may hold some units of a layer only. */
export function layerOfUnit(atlas: Atlas, name: string, channel: number): LayerEntry | undefined {
  const only = atlas.manifest.subset?.[name];
  return only && !only.includes(channel) ? undefined : layerNamed(atlas, name);
}

export function fill(template: string, values: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ""));
}
