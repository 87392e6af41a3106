import { render } from "preact";
import { App } from "./app";
import { newName, notebookTheme } from "./notebook";
import type { Host } from "./host";
import * as more from "./more";
import { memoryRouter } from "./route";
import { boostOf } from "./shell";
import css from "./style.css?inline";

// The viewer in a notebook, as anywidget runs it: data and pictures come as messages from Python.

interface Model {
  get(key: "route" | "height"): unknown;
  send(content: unknown): void;
  on(event: "msg:custom", hear: (message: Answer, buffers: DataView[]) => void): void;
  off(event: "msg:custom", hear: (message: Answer, buffers: DataView[]) => void): void;
}

interface Answer {
  id: string;
  value?: unknown;
  type?: string;
  error?: string;
}

function notebookHost(model: Model): { host: Host; close: () => void } {
  const waiting = new Map<string, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const pictures = new Map<string, Promise<string>>();
  const view = newName(); // other views of the widget hear the same answers
  let count = 0;
  const hear = (message: Answer, buffers: DataView[]): void => {
    const asked = waiting.get(message.id);
    if (!asked) return;
    waiting.delete(message.id);
    if (message.error !== undefined) asked.reject(new Error(message.error));
    else if (buffers[0]) asked.resolve(URL.createObjectURL(new Blob([buffers[0] as DataView<ArrayBuffer>], { type: message.type ?? "" })));
    else asked.resolve(message.value);
  };
  const ask = (request: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      count += 1;
      const id = `${view} ${count}`;
      waiting.set(id, { resolve, reject });
      model.send({ ...request, id });
    });
  model.on("msg:custom", hear);
  const host: Host = {
    kind: "notebook",
    readable: true,
    more: () => more,
    load: (address, atlas) => ask({ address, atlas }),
    picture: (path, atlas) => {
      const key = `${atlas}\n${path}`;
      const known = pictures.get(key) ?? (ask({ picture: path, atlas }) as Promise<string>);
      pictures.set(key, known);
      return known;
    },
  };
  const close = (): void => {
    model.off("msg:custom", hear);
    for (const picture of pictures.values()) picture.then(URL.revokeObjectURL, () => undefined);
  };
  return { host, close };
}

export default {
  render({ model, el }: { model: Model; el: HTMLElement }): () => void {
    // A shadow root: no style of the notebook reaches the viewer, and none of the viewer's the notebook.
    el.dataset.lmSuppressShortcuts = "true"; // JupyterLab's commands have single keys too
    const shadow = el.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = css;
    const root = document.createElement("div");
    root.className = "convscope-box";
    root.tabIndex = -1;
    root.style.height = `${Number(model.get("height")) || 720}px`;
    const theme = notebookTheme(document);
    if (theme) root.dataset.theme = theme;
    boostOf(root);
    shadow.append(style, root);
    const router = memoryRouter(String(model.get("route") ?? "#/"));
    root.addEventListener("click", (event) => {
      const link = (event.composedPath()[0] as HTMLElement).closest?.('a[href^="#/"]');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      router.go(link.getAttribute("href") ?? "#/");
    });
    const { host, close } = notebookHost(model);
    render(<App host={host} router={router} root={root} />, root);
    return () => {
      render(null, root);
      close();
    };
  },
};
