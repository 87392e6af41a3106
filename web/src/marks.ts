// Units that a person marked, with what they wrote about them: kept in this browser, for each network its own.

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { remembered } from "./shell";
import type { Manifest } from "./types";

export type Notes = Record<string, string>;

export interface Marks {
  /** The marked units, spelled "layer:unit", in the order they were marked, each with its note, which may be empty. */
  all(): Notes;
  has(unit: string): boolean;
  /** Whether the unit is marked now. A mark that is taken away takes its note along. */
  toggle(unit: string): boolean;
  write(unit: string, note: string): void;
  /** Take in marks that somebody saved; notes that are here stay unless theirs say more. */
  merge(other: Notes): number;
  subscribe(changed: () => void): () => void;
}

const LONGEST = 2000; // characters of a note

/** The notes in a text that `JSON.stringify` made; whatever is no note is left out. */
export function notesOf(text: string | null): Notes {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) return {};
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === "string").map(([unit, note]) => [unit, note.slice(0, LONGEST)]));
}

export function marksOf(manifest: Manifest | null): Marks {
  const key = `marks.${manifest?.model.fingerprint.slice(0, 16) ?? ""}`;
  const listeners = new Set<() => void>();
  let kept = notesOf(remembered.get(key));
  const keep = (next: Notes): void => {
    kept = next;
    remembered.set(key, JSON.stringify(next));
    listeners.forEach((changed) => changed());
  };
  return {
    all: () => kept,
    has: (unit) => Object.hasOwn(kept, unit),
    toggle: (unit) => {
      const { [unit]: before, ...others } = kept;
      keep(before === undefined ? { ...kept, [unit]: "" } : others);
      return before === undefined;
    },
    write: (unit, note) => keep({ ...kept, [unit]: note.slice(0, LONGEST) }),
    merge: (other) => {
      const better = Object.entries(other).filter(([unit, note]) => note.length > (kept[unit]?.length ?? -1));
      if (better.length) keep({ ...kept, ...Object.fromEntries(better) });
      return better.length;
    },
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}

export const MarksContext = createContext<Marks>(marksOf(null));

/** The marks, and another look at the part that shows them whenever they change. */
export function useMarks(): Marks {
  const marks = useContext(MarksContext);
  const [, turn] = useState(0);
  useEffect(() => marks.subscribe(() => turn((n) => n + 1)), [marks]);
  return marks;
}
