// The keyboard of the bench: single keys, where nobody types and nothing that has the focus wants them.

import { useLayoutEffect, useRef } from "preact/hooks";
import { keyName, typing } from "../shell";
import { ears, usePlace } from "./place";

export type Keys = Record<string, () => void>;

export function useKeys(keys: Keys): void {
  const place = usePlace();
  const now = useRef(keys);
  now.current = keys;
  // Before the paint: who sees the page may already press its keys.
  useLayoutEffect(() => {
    const hear = (heard: Event): void => {
      const event = heard as KeyboardEvent;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (typing(event) && event.key !== "Escape") return;
      // What is open over the page has the keys; the browser itself closes it on Escape.
      if (place.root.querySelector("dialog[open]")) return;
      const known = now.current[keyName(event)];
      if (!known) return;
      event.preventDefault();
      known();
    };
    const target = ears(place);
    target.addEventListener("keydown", hear);
    return () => target.removeEventListener("keydown", hear);
  }, [place]);
}
