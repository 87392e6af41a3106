// Addresses. Every view is a hash, which works from disk, on any server, and in a link:
//   #/   #/l/LAYER   #/u/LAYER:UNIT   #/c   #/c/CLASS   #/images   #/i/NUMBER   #/compare?a=UNIT&b=UNIT&with=ATLAS   #/e   #/e/NAME

export interface Route {
  page: "home" | "layer" | "unit" | "class" | "classes" | "images" | "image" | "compare" | "experiments" | "experiment" | "unknown";
  rest: string;
  query: URLSearchParams;
}

const encode = (text: string): string => encodeURIComponent(text).replace(/%3A/g, ":").replace(/%2F/g, "/");

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray %, taken as it is
  }
}

export function parse(hash: string): Route {
  const text = hash.replace(/^#\/?/, "");
  const cut = text.indexOf("?");
  const path = cut < 0 ? text : text.slice(0, cut);
  const query = new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1));
  const [head = "", ...tail] = path.split("/");
  const rest = decode(tail.join("/"));
  const pages: Record<string, Route["page"]> = {
    "": "home",
    l: "layer",
    u: "unit",
    c: rest ? "class" : "classes",
    i: "image",
    images: "images",
    compare: "compare",
    e: rest ? "experiment" : "experiments",
  };
  return { page: Object.hasOwn(pages, head) ? (pages[head] ?? "unknown") : "unknown", rest, query };
}

export function withQuery(address: string, query: Record<string, string | number | null | undefined>): string {
  const kept = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") kept.set(key, String(value));
  }
  const text = kept.toString();
  return text ? `${address}?${text}` : address;
}

export const toLayer = (layer: string, query: Record<string, string | number | null | undefined> = {}): string =>
  withQuery(`#/l/${encode(layer)}`, query);
export const toUnit = (layer: string, channel: number): string => `#/u/${encode(`${layer}:${channel}`)}`;
export const toClass = (name: string): string => `#/c/${encode(name)}`;
export const toImage = (image: number): string => `#/i/${image}`;
export const toExperiment = (name: string): string => `#/e/${encode(name)}`;
export const toCompare = (a: string, b: string, other = ""): string => withQuery("#/compare", { a, b, with: other });

/** Whether the address is of a unit shown within another page: its examples alone, or all of it where `embed` is "all". */
export const embeds = (route: Route): boolean => route.page === "unit" && route.query.has("embed");

/** Layer and channel of "layer:channel"; null where the text is no unit. */
export function parseUnit(text: string): { layer: string; channel: number } | null {
  const found = /^(.+?):(\d+)(@\d+,\d+)?$/.exec(text.trim());
  return found ? { layer: found[1] as string, channel: Number(found[2]) } : null;
}

export interface Router {
  hash(): string;
  go(address: string): void;
  replace(address: string): void;
  /** Go on from where the last step led: one entry of the history for a whole walk, however long. */
  step(address: string): void;
  /** Whether the last move was such a step. */
  walking(): boolean;
  subscribe(changed: () => void): () => void;
  /** A link to a view for people to pass on; null where views have no address (notebooks). */
  link(address: string): string | null;
}

const BURST = 30; // addresses written at once, and
const REFILL = 100; // milliseconds for each more: browsers ignore or refuse more than some 200 in 10 seconds

/** Addresses of a page. Where a key is held down the view goes on at once, and the address follows when it may. */
export function hashRouter(window: Window): Router {
  const listeners = new Set<() => void>();
  let at = window.location.hash;
  let walking = false;
  let left = BURST;
  let filled = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => listeners.forEach((changed) => changed());
  const write = (push: boolean): void => {
    if (window.location.hash === at) return;
    if (push) window.history.pushState(null, "", at);
    else window.history.replaceState(null, "", at);
  };
  const show = (address: string, push: boolean): void => {
    at = address;
    const now = performance.now();
    left = Math.min(BURST, left + (now - filled) / REFILL);
    filled = now;
    clearTimeout(waiting);
    // A new entry is never left out: people go back to it.
    if (push || left >= 1) {
      left -= 1;
      write(push);
    } else waiting = setTimeout(() => write(false), 3 * REFILL);
    tell(); // at once: a key pressed until an event came would find the page before
  };
  const came = (): void => {
    if (window.location.hash === at) return;
    clearTimeout(waiting);
    at = window.location.hash;
    walking = false;
    tell();
  };
  window.addEventListener("hashchange", came);
  window.addEventListener("popstate", came);
  return {
    hash: () => at,
    go: (address) => {
      walking = false;
      show(address, true);
    },
    replace: (address) => show(address, false),
    step: (address) => {
      const first = !walking;
      walking = true;
      show(address, first);
    },
    walking: () => walking,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    link: (address) => window.location.href.replace(/#.*$/, "") + address,
  };
}

/** A router that leaves the address of the page alone, for a viewer inside another page. */
export function memoryRouter(start: string): Router {
  const listeners = new Set<() => void>();
  let at = start;
  let walking = false;
  const move = (address: string, step = false): void => {
    at = address;
    walking = step;
    listeners.forEach((changed) => changed());
  };
  return {
    hash: () => at,
    go: (address) => move(address),
    replace: (address) => move(address, walking),
    step: (address) => {
      move(address, true);
    },
    walking: () => walking,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    link: () => null,
  };
}
