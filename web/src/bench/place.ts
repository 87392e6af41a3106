// Where the bench stands: a page of its own, whose address is the browser's, or a cell of a notebook, which is somebody
// else's page and keeps its address, its keys and its theme.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

export interface Place {
  /** Carries the theme, and in a notebook hears the keys. */
  root: HTMLElement;
  /** Whether the page is the bench's own. */
  alone: boolean;
  hash(): string;
  write(hash: string, push: boolean): void;
  /** Hear when the address became another by itself; the returned function hears no more. */
  came(hear: () => void): () => void;
}

export const PlaceContext = createContext<Place | null>(null);

export function usePlace(): Place {
  const found = useContext(PlaceContext);
  if (!found) throw new Error("no place");
  return found;
}

/** What hears keys and pasting: the whole page where it is the bench's own. */
export const ears = (place: Place): Document | HTMLElement => (place.alone ? document : place.root);

export const find = (place: Place, id: string): HTMLElement | null => place.root.querySelector<HTMLElement>(`#${id}`);

/** A page of its own. */
export const pagePlace = (): Place => ({
  root: document.documentElement,
  alone: true,
  hash: () => location.hash,
  write: (hash, push) => (push ? history.pushState(null, "", hash) : history.replaceState(null, "", hash)),
  came: (hear) => {
    addEventListener("hashchange", hear);
    addEventListener("popstate", hear);
    return () => {
      removeEventListener("hashchange", hear);
      removeEventListener("popstate", hear);
    };
  },
});

/** A part of another page: the address is kept where `keep` puts it, and links within the part are followed there. */
export function partPlace(root: HTMLElement, start: string, keep: (hash: string) => void): Place {
  let at = start;
  const ears = new Set<() => void>();
  const write = (hash: string): void => {
    at = hash;
    keep(hash);
  };
  root.addEventListener("click", (event) => {
    const link = (event.composedPath()[0] as HTMLElement).closest?.('a[href^="#/"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    write(link.getAttribute("href") ?? "#/");
    ears.forEach((hear) => hear());
  });
  return {
    root,
    alone: false,
    hash: () => at,
    write,
    came: (hear) => {
      ears.add(hear);
      return () => ears.delete(hear);
    },
  };
}
