// What the parts of the bench share: the way to the server, what was chosen, and what was found.

import { createContext } from "preact";
import { useContext, useLayoutEffect, useRef } from "preact/hooks";
import type { Api, Asked } from "./api";
import type { Picture } from "./draw";
import type { Session } from "./session";
import type { Chosen } from "./state";
import { unitParts } from "./state";
import type { About, Glance, PhotoTold } from "./types";

export interface Held {
  told: PhotoTold;
  /** The whole picture, and the crop that the network sees. */
  whole: Picture;
  crop: Picture;
}

export interface Shared {
  api: Api;
  about: About;
  chosen: Chosen;
  /** Choose something else; "replace" leaves no step in the history. */
  choose(change: Partial<Chosen>, how?: "push" | "replace"): void;
  held: Held | null;
  /** What was found of the photo as it is, and of what is done to it. */
  plain: Glance | null;
  glance: Glance | null;
  session: Session;
  say(words: string): void;
  fail(error: unknown): void;
}

export const BenchContext = createContext<Shared | null>(null);

export function useBench(): Shared {
  const found = useContext(BenchContext);
  if (!found) throw new Error("no bench");
  return found;
}

/** A canvas that is drawn before it is seen, whenever what it shows is another. */
export function Drawn(props: { draw: (canvas: HTMLCanvasElement) => unknown; of: unknown[]; label?: string; class?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) props.draw(canvas.current);
  }, props.of);
  const words = props.label ? ({ role: "img", "aria-label": props.label } as const) : ({ "aria-hidden": true } as const);
  return <canvas ref={canvas} class={props.class} {...words} />;
}

/** Ask again whenever the question is another; what is under way is left. Null asks nothing. */
export function useAsked(question: Asked | null, answer: (api: Api, question: Asked, signal: AbortSignal) => Promise<void>): void {
  const { api, fail } = useBench();
  const key = question && JSON.stringify(question);
  useLayoutEffect(() => {
    if (!question) return;
    const control = new AbortController();
    answer(api, question, control.signal).catch((error: unknown) => {
      if (!control.signal.aborted) fail(error);
    });
    return () => control.abort();
  }, [key]);
}

/** Tell the browser's own timeline, which benchmarks read, that something is drawn and about to be painted. */
export function told(what: "glance" | "projection"): void {
  performance.clearMarks(what); // a drag makes thousands
  performance.mark(what);
}

/** The class whose logit a unit is; null where it is none, or has no name. */
export function calledOf(about: About, unit: string): string | null {
  const parts = unitParts(unit);
  return parts && about.logits.layers.includes(parts.layer) ? (about.logits.names[Number(parts.channel)] ?? null) : null;
}

export const probable = (about: About): boolean => about.score === "probability";
