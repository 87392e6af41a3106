// Glances: one at a time, the newest next. What a person moves is asked as fast as answers come, never faster.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Api } from "./api";
import { Stale } from "./api";
import { bitmap, type Picture } from "./draw";
import type { Chosen } from "./state";
import { doingOf } from "./state";
import type { Glance, PhotoTold } from "./types";

export interface Glances {
  plain: Glance | null;
  glance: Glance | null;
  /** The photo as it was transformed; null as it is. */
  picture: Picture | null;
  /** How far a slow answer is, 0 to 1; null where nothing is asked. */
  progress: number | null;
  /** What had been chosen when it was asked. */
  of: Chosen | null;
}

interface Wanted {
  photo: PhotoTold;
  chosen: Chosen;
}

export const untouched = (chosen: Chosen): boolean => !chosen.cover.length && !chosen.transform && !chosen.silenced.length;

const NOTHING: Glances = { plain: null, glance: null, picture: null, progress: null, of: null };

export function useGlances(api: Api, photo: PhotoTold | null, chosen: Chosen, fail: (error: unknown) => void): Glances {
  const [found, set] = useState<Glances>(NOTHING);
  const waiting = useRef<Wanted | null>(null);
  const running = useRef(false);
  const plainOf = useRef("");
  const plain = useRef<Glance | null>(null);

  const next = async (): Promise<void> => {
    if (running.current) return;
    running.current = true;
    try {
      while (waiting.current) {
        const wanted = waiting.current;
        waiting.current = null;
        try {
          await answered(wanted);
        } catch (error) {
          if (!(error instanceof Stale)) fail(error);
        }
      }
    } finally {
      running.current = false;
      set((before) => (before.progress === null ? before : { ...before, progress: null }));
    }
  };

  const answered = async ({ photo: told, chosen: now }: Wanted): Promise<void> => {
    const base = { kind: "look", photo: told.photo, moved: now.moved, layers: now.layers, by: now.by, followed: now.followed };
    const key = JSON.stringify(base);
    const progress = (share: number): void => set((before) => ({ ...before, progress: share }));
    if (plainOf.current !== key) {
      const seen = await api.one<Glance>(base, undefined, progress);
      plainOf.current = key;
      plain.current = seen;
      if (!untouched(now)) set((before) => ({ ...before, plain: seen }));
    }
    const asIs = plain.current as Glance;
    if (untouched(now)) {
      set({ plain: asIs, glance: asIs, picture: null, progress: null, of: now });
      return;
    }
    const units = Object.fromEntries(asIs.layers.map((layer) => [layer.name, layer.units.map((unit) => unit.channel)]));
    const glance = await api.one<Glance>({ ...base, ...doingOf(now), units }, undefined, progress);
    const picture = glance.picture ? await bitmap(glance.picture) : null;
    set({ plain: asIs, glance, picture, progress: null, of: now });
  };

  const key = JSON.stringify([photo?.photo, chosen.moved, chosen.layers, chosen.by, chosen.followed, doingOf(chosen)]);
  // Before the paint: what is moved now is asked now.
  useLayoutEffect(() => {
    if (!photo) {
      set(NOTHING);
      return;
    }
    waiting.current = { photo, chosen };
    void next();
  }, [key]);
  return found;
}
