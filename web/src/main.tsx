import { render } from "preact";
import { App } from "./app";
import { fileHost, folderHost } from "./host";
import { hashRouter } from "./route";
import { remembered } from "./shell";
import { shareToken, takeToken } from "./token";
import "./style.css";

// The classic script of a page: at the end of a folder's index.html, or within a file that holds everything.
takeToken(window);
if (document.querySelector('meta[name="convscope-bench"]')) shareToken();
const root = document.documentElement;
const theme = remembered.get("theme");
if (theme === "light" || theme === "dark") root.dataset.theme = theme;
root.style.setProperty("--boost", remembered.get("boost") ?? "1");
const place = document.getElementById("app");
if (place) {
  const host = window.__atlasFile ? fileHost(window.__atlasFile) : folderHost(document);
  place.replaceChildren();
  render(<App host={host} router={hashRouter(window)} root={root} />, place);
}
