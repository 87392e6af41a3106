// The keyboard of a page, and its colours: what the viewer and the page of mistakes share.

import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Keys, Shell } from "./shell";
import { keyName, remembered, typing } from "./shell";

type Listener = { keys: Keys; modal: boolean };

/** The keyboard: a modal listener has it alone, the last one of several; otherwise the last that knows a key gets it. */
export function useListeners(root: HTMLElement, alone: boolean): Shell["listen"] {
  const listeners = useRef<Listener[]>([]);
  useEffect(() => {
    const hear = (event: Event): void => {
      const pressed = event as KeyboardEvent;
      const name = keyName(pressed);
      const control = pressed.ctrlKey || pressed.metaKey;
      if (pressed.defaultPrevented || pressed.altKey || (control && name !== "Ctrl+k")) return;
      if (typing(pressed) && pressed.key !== "Escape" && !control) return;
      const target = pressed.composedPath()[0] as HTMLElement;
      // Enter and the space bar belong to what has the focus.
      if ((pressed.key === "Enter" || pressed.key === " ") && target.closest?.("a,button,summary,select")) return;
      // A page that opens with something over it hears of that first, so the order alone does not say what lies above.
      const above = listeners.current.filter((one) => one.modal).slice(-1);
      const hears = (above.length ? above : listeners.current).findLast(({ keys }) => name in keys);
      if (!hears) return;
      pressed.preventDefault();
      hears.keys[name]?.(pressed);
    };
    const target: EventTarget = alone ? document : root;
    target.addEventListener("keydown", hear);
    return () => target.removeEventListener("keydown", hear);
  }, [root, alone]);
  return useMemo(
    () => (keys, modal = false) => {
      const one = { keys, modal };
      listeners.current.push(one);
      return () => {
        listeners.current = listeners.current.filter((other) => other !== one);
      };
    },
    [],
  );
}

export function toggleTheme(root: HTMLElement): void {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remembered.set("theme", root.dataset.theme);
}
