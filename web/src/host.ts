// Where the viewer runs, and how it gets its data and pictures there. All hosts hold the same files.

import type * as more from "./more";
import type * as shared from "./shared";

/** What atlas-more.js holds. */
export type Views = typeof more;

export interface Host {
  /** The value that data/ADDRESS.js holds, of this atlas or of the one in atlases/NAME. */
  load(address: string, atlas: string): Promise<unknown>;
  /** What an image element may show for a file of the atlas. */
  picture(path: string, atlas: string): string | Promise<string>;
  /** The views that few visits need, at once if they are at hand. */
  more(): Views | Promise<Views>;
  /** Whether pictures may be drawn to a canvas and read back: not on pages opened from disk. */
  readable: boolean;
  kind: "folder" | "file" | "notebook";
}

type Waiting = { resolve: (value: unknown) => void };

declare global {
  interface Window {
    __atlas?: (address: string, value: unknown) => void;
    __atlasFile?: { data: Record<string, unknown>; pictures: Record<string, string>; start?: string };
    /** What the first script lends to the second one, and what the second one holds. */
    __atlasParts?: typeof shared;
    __atlasMore?: Views;
  }
}

const encodePath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
const folderOf = (atlas: string): string => (atlas ? `atlases/${encodeURIComponent(atlas)}/` : "");

/** Runs a script of the folder, in an element of its own. */
const run = (page: Document, src: string, atlas = ""): Promise<void> =>
  new Promise((done, fail) => {
    const script = page.createElement("script");
    const end = (then: () => void) => (): void => {
      script.remove();
      then();
    };
    script.dataset.atlas = atlas;
    script.onload = end(done);
    script.onerror = end(fail);
    script.src = src;
    page.head.append(script);
  });

const lost = (): never => {
  throw new Error("atlas-more.js, which belongs beside this page, is missing or cannot be read.");
};

/** A folder, from disk or from any web server: data comes by script elements, which work on file:// too. */
export function folderHost(page: Document): Host {
  const waiting = new Map<string, Waiting>();
  const window = page.defaultView as Window;
  window.__atlas = (address, value) => {
    // Two atlases use the same addresses: which one it is, the script's own element says.
    const script = page.currentScript as HTMLScriptElement | null;
    waiting.get(`${script?.dataset.atlas ?? ""}\n${address}`)?.resolve(value);
  };
  return {
    kind: "folder",
    readable: page.location.protocol !== "file:",
    picture: (path, atlas) => folderOf(atlas) + encodePath(path),
    load: (address, atlas) =>
      new Promise((resolve, reject) => {
        waiting.set(`${atlas}\n${address}`, { resolve });
        run(page, `${folderOf(atlas)}data/${encodePath(address)}.js`, atlas).then(
          () => reject(new Error(`data/${address}.js holds something else`)), // without effect once resolved
          () => reject(new Error(`data/${address}.js is missing or cannot be read`)),
        );
      }),
    more: () => window.__atlasMore ?? run(page, "atlas-more.js").then(() => window.__atlasMore ?? lost(), lost),
  };
}

/** One file that holds everything: for a few units, to mail. */
export function fileHost(held: NonNullable<Window["__atlasFile"]>): Host {
  return {
    kind: "file",
    readable: true,
    picture: (path) => held.pictures[path] ?? "",
    load: (address) =>
      address in held.data
        ? Promise.resolve(held.data[address])
        : Promise.reject(new Error(`This file holds a part of the atlas only: ${address} is not in it`)),
    // Its script comes after the first one, which may ask for it before.
    more: () => window.__atlasMore ?? new Promise((done) => window.addEventListener("load", () => done(window.__atlasMore as Views))),
  };
}
