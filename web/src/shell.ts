// What every page may use of the shell around it: addresses, keys, theme, and words that pass by.

import { createContext } from "preact";
import { useContext, useLayoutEffect, useRef } from "preact/hooks";
import type { Router } from "./route";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

export interface Shell {
  router: Router;
  root: HTMLElement;
  /** The keys of the part that asked last; the returned function takes them back. */
  listen(keys: Keys, modal?: boolean): () => void;
  toast(words: string): void;
  toggleTheme(): void;
}

export const ShellContext = createContext<Shell | null>(null);

export function useShell(): Shell {
  const shell = useContext(ShellContext);
  if (!shell) throw new Error("no shell");
  return shell;
}

/** Keys while this part is shown; a modal part keeps all others from being heard. */
export function useKeys(keys: Keys, modal = false): void {
  const shell = useShell();
  const current = useRef(keys);
  current.current = keys;
  // Before the paint: who sees a part may already press its keys.
  useLayoutEffect(() => {
    const through = new Proxy<Keys>({}, {
      get: (_, key) => (typeof key === "string" ? current.current[key] : undefined),
      has: (_, key) => typeof key === "string" && key in current.current,
    });
    return shell.listen(through, modal);
  }, [shell, modal]);
}

/** "Shift+ArrowLeft", "a", "?": letters keep their case, other keys say Shift; "Ctrl+k" also with the command key. */
export function keyName(event: KeyboardEvent): string {
  if (event.ctrlKey || event.metaKey) return `Ctrl+${event.key.toLowerCase()}`;
  return event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
}

/** Whether the event belongs to a field that people type in. */
export function typing(event: KeyboardEvent): boolean {
  const target = (event.composedPath()[0] ?? event.target) as HTMLElement | null;
  if (!target || !("tagName" in target)) return false;
  if (target.tagName === "INPUT") return !["button", "checkbox", "radio", "range"].includes((target as HTMLInputElement).type);
  return target.tagName === "TEXTAREA" || target.tagName === "SELECT" || target.isContentEditable;
}

/** Text onto the clipboard, also where the clipboard's own interface is not allowed. */
export async function copyText(text: string, root: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("aria-hidden", "true");
    root.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** Hand a file to the person. */
export function saveFile(name: string, content: Blob | string, type = "application/json"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^A-Za-z0-9._-]+/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** How strongly projections are shown, as it is remembered; as they are without a filter, which costs every painting. */
export function boostOf(root: HTMLElement, value = remembered.get("boost") ?? "1"): void {
  root.style.setProperty("--boost", value === "1" ? "none" : `contrast(${Number(value) || 1})`);
}

/** What a person chose before, kept in this browser where it allows that. */
export const remembered = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(`convscope.${key}`);
    } catch {
      return null;
    }
  },
  set(key: string, value: string): void {
    try {
      localStorage.setItem(`convscope.${key}`, value);
    } catch {
      // storage is switched off: nothing is remembered
    }
  },
};
