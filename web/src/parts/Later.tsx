import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

const PAUSE = 100; // milliseconds: longer than between the repeats of a key that is held down
const APART = 12;

interface Props<T> {
  /** What is shown, and what it is about: parts of one page wait for the same. */
  given: T;
  about: unknown;
  /** The how-manieth part this is: each is drawn in a turn of its own, so that a key never waits for more than one. */
  turn: number;
  draw: (given: T) => ComponentChildren;
}

/** A part of a page that a key does not wait for: it shows what was there before until the keys pause. At once the first time. */
export function Later<T>({ given, about, turn, draw }: Props<T>) {
  const [shown, show] = useState(about);
  const kept = useRef(given);
  // What comes late of the same, such as data that had to be loaded, is taken as it comes.
  if (shown === about) kept.current = given;
  useEffect(() => {
    if (shown === about) return;
    const timer = setTimeout(() => show(about), PAUSE + APART * turn);
    return () => clearTimeout(timer);
  }, [about]);
  return useMemo(() => <>{draw(kept.current)}</>, Object.values(kept.current as object));
}
