import { render } from "preact";
import { App } from "./app";
import { leaveFrame, tellHeight } from "./embed";
import { fileHost, folderHost } from "./host";
import { hashRouter } from "./route";
import * as parts from "./shared";
import { boostOf, remembered } from "./shell";
import { shareToken, takeToken } from "./token";
import "./style.css";

// The classic script of a page: at the end of a folder's index.html or embed.html, or within a file that holds everything.
window.__atlasParts = parts; // for atlas-more.js
const root = document.documentElement;
const embed = root.dataset.page === "embed";
if (!embed) takeToken(window);
if (document.querySelector('meta[name="convscope-bench"]')) shareToken();
const theme = remembered.get("theme");
if (theme === "light" || theme === "dark") root.dataset.theme = theme;
boostOf(root);
const place = document.getElementById("app");
if (place) {
  const held = window.__atlasFile;
  if (held?.start && !location.hash) history.replaceState(null, "", held.start);
  if (embed) leaveFrame(window);
  tellHeight(window, place);
  place.replaceChildren();
  render(<App host={held ? fileHost(held) : folderHost(document)} router={hashRouter(window)} root={root} embed={embed} />, place);
}
