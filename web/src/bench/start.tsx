// How the bench begins, in whatever place: it asks for the network, and shows itself or says why not.

import { type ComponentChildren, render } from "preact";
import { boostOf, remembered } from "../shell";
import type { Api } from "./api";
import { App } from "./App";
import { type Place, PlaceContext } from "./place";
import type { About } from "./types";

export function Problem({ title, words, children }: { title: string; words: string; children?: ComponentChildren }) {
  return (
    <main class="problem">
      <h1>{title}</h1>
      <p class="lead" role="alert">
        {words}
      </p>
      {children}
    </main>
  );
}

export async function start(api: Api, place: Place, into: HTMLElement, ready: (about: About) => void = () => undefined): Promise<void> {
  render(<p class="loading quiet" role="status">Opening the network… the first time takes some seconds.</p>, into);
  try {
    const about = await api.about();
    ready(about);
    render(
      <PlaceContext.Provider value={place}>
        <App api={api} about={about} />
      </PlaceContext.Provider>,
      into,
    );
  } catch (error) {
    render(<Problem title="The bench cannot be opened" words={(error as Error).message} />, into);
  }
}

/** The theme and the contrast that were chosen before; `theme` where none was. */
export function dress(root: HTMLElement, theme: string | null = null): void {
  const chosen = remembered.get("theme") ?? theme;
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  boostOf(root);
}
