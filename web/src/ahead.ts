// What the next key will ask for, loaded and decoded before it is pressed, so that the key only paints.

import { firstOf } from "./downloads";
import { imagePath } from "./parts/WholeImage";
import type { Atlas } from "./store";
import type { LayerEntry, UnitShard } from "./types";

const KEPT = 24; // pictures held ready
const ready = new Map<string, HTMLImageElement>();

async function decoded(atlas: Atlas, path: string): Promise<void> {
  const url = await atlas.store.host.picture(path, atlas.name);
  if (!url) return;
  const image = ready.get(url) ?? new Image();
  ready.delete(url); // the latest is last
  ready.set(url, image);
  for (const old of [...ready.keys()].slice(0, Math.max(0, ready.size - KEPT))) ready.delete(old);
  if (image.src) return;
  image.src = url;
  await image.decode().catch(() => undefined); // a picture that is not there shows itself when it is asked for
}

const SOON = 20; // units: what a key that is held down comes to within a second

/** Load the scripts of units that a walk from this one comes to soon. */
export function scripts(atlas: Atlas, layer: LayerEntry, channel: number): void {
  for (const next of [channel - SOON, channel + SOON]) {
    const shard = Math.floor(Math.max(0, Math.min(layer.channels - 1, next)) / layer.shard.units);
    void atlas.store.load<UnitShard>(`layers/${layer.id}/${shard}`).catch(() => null);
  }
}

/** Load and decode what a unit's page shows first. */
export async function ahead(atlas: Atlas, layer: LayerEntry, channel: number): Promise<void> {
  const address = `layers/${layer.id}/${Math.floor(channel / layer.shard.units)}`;
  const shard = await atlas.store.load<UnitShard>(address).catch(() => null);
  const unit = shard?.units.find((one) => one.channel === channel);
  if (!unit || unit.dead || !unit.images.length) return;
  const whole = imagePath(atlas, unit.images[0] as number);
  await Promise.all([decoded(atlas, firstOf(atlas, layer, channel)), whole === null ? null : decoded(atlas, whole)]);
}
