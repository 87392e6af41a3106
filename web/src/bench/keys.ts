// The keyboard of the bench: single keys, where nobody types and nothing that has the focus wants them.

import { useEffect, useRef } from "preact/hooks";
import { keyName, typing } from "../shell";

export type Keys = Record<string, () => void>;

export function useKeys(keys: Keys): void {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (typing(event) && event.key !== "Escape") return;
      const known = now.current[keyName(event)];
      if (!known) return;
      event.preventDefault();
      known();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}
