import { render } from "preact";
import { remembered } from "../shell";
import { findToken, shareToken, takeToken } from "../token";
import { Api } from "./api";
import { App } from "./App";
import "../style.css";
import "./bench.css";

takeToken(window);
shareToken();
const root = document.documentElement;
const theme = remembered.get("theme");
if (theme === "light" || theme === "dark") root.dataset.theme = theme;
root.style.setProperty("--boost", remembered.get("boost") ?? "1");

function Problem({ title, words }: { title: string; words: string }) {
  return (
    <main class="problem">
      <h1>{title}</h1>
      <p class="lead" role="alert">
        {words}
      </p>
    </main>
  );
}

async function start(place: HTMLElement): Promise<void> {
  place.replaceChildren();
  const token = await findToken();
  if (!token) {
    render(<Problem title="The bench is for whoever started it" words="Open the address that convscope serve printed: it holds a token, without which nothing is computed or shown." />, place);
    return;
  }
  render(<p class="loading quiet" role="status">Opening the network… the first time takes some seconds.</p>, place);
  try {
    const api = new Api(token);
    const about = await api.about();
    document.title = `${about.network.split(" (")[0]} – convscope bench`;
    render(<App api={api} about={about} />, place);
  } catch (error) {
    render(<Problem title="The bench cannot be opened" words={(error as Error).message} />, place);
  }
}

const place = document.getElementById("app");
if (place) void start(place);
