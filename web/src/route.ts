// Addresses. Every view is a hash, which works from disk, on any server, and in a link:
//   #/   #/l/LAYER   #/u/LAYER:UNIT   #/images   #/i/NUMBER   #/compare?a=UNIT&b=UNIT&with=ATLAS   #/e   #/e/NAME

export interface Route {
  page: "home" | "layer" | "unit" | "images" | "image" | "compare" | "experiments" | "experiment" | "unknown";
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
export const toImage = (image: number): string => `#/i/${image}`;
export const toExperiment = (name: string): string => `#/e/${encode(name)}`;
export const toCompare = (a: string, b: string, other = ""): string => withQuery("#/compare", { a, b, with: other });

/** Layer and channel of "layer:channel"; null where the text is no unit. */
export function parseUnit(text: string): { layer: string; channel: number } | null {
  const found = /^(.+?):(\d+)(@\d+,\d+)?$/.exec(text.trim());
  return found ? { layer: found[1] as string, channel: Number(found[2]) } : null;
}

export interface Router {
  hash(): string;
  go(address: string): void;
  replace(address: string): void;
  subscribe(changed: () => void): () => void;
  /** A link to a view for people to pass on; null where views have no address (notebooks). */
  link(address: string): string | null;
}

export function hashRouter(window: Window): Router {
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((changed) => changed());
  window.addEventListener("hashchange", tell);
  return {
    hash: () => window.location.hash,
    go: (address) => {
      window.location.hash = address;
      tell(); // at once: the event comes later, and a key pressed until then would find the page before
    },
    replace: (address) => {
      window.history.replaceState(null, "", address);
      tell();
    },
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
  const move = (address: string): void => {
    at = address;
    listeners.forEach((changed) => changed());
  };
  return {
    hash: () => at,
    go: move,
    replace: move,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    link: () => null,
  };
}
