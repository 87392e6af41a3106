import { render } from "preact";
import { notebookTheme } from "../notebook";
import css from "../style.css?inline";
import { MessageApi, type Model } from "./messages";
import { partPlace } from "./place";
import own from "./bench.css?inline";
import { dress, start } from "./start";

// The bench in a notebook, as anywidget runs it: everything that it asks and is told goes by messages.

export default {
  render({ model, el }: { model: Model; el: HTMLElement }): () => void {
    el.dataset.lmSuppressShortcuts = "true"; // JupyterLab's commands have single keys too
    const shadow = el.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = `${css}\n${own}`;
    const root = document.createElement("div");
    root.className = "convscope-box";
    root.tabIndex = -1;
    root.style.height = `${Number(model.get("height")) || 860}px`;
    shadow.append(style, root);
    dress(root, notebookTheme(document));
    const place = partPlace(root, String(model.get("route") ?? "#/"), (hash) => {
      model.set("route", hash);
      model.save_changes();
    });
    const api = new MessageApi(model);
    void start(api, place, root);
    return () => {
      render(null, root);
      api.close();
    };
  },
};
