import { render } from "preact";
import { findToken, shareToken, takeToken } from "../token";
import { HttpApi } from "./http";
import { pagePlace } from "./place";
import { dress, Problem, start } from "./start";
import "../style.css";
import "./bench.css";

takeToken(window);
shareToken();
dress(document.documentElement);

async function open(into: HTMLElement): Promise<void> {
  into.replaceChildren();
  const token = await findToken();
  if (!token) {
    const words = "Open the address that convscope serve printed: it holds a token, without which nothing is computed or shown.";
    const beside = await fetch("../", { redirect: "manual" }).then((answer) => answer.ok, () => false); // else it leads here
    const atlas = beside && <a href="../">Back to the atlas</a>;
    render(<Problem title="The bench is for whoever started it" words={words}>{atlas}</Problem>, into);
    return;
  }
  await start(new HttpApi(token), pagePlace(), into, (about) => {
    document.title = `${about.network.split(" (")[0]} – convscope bench`;
  });
}

const into = document.getElementById("app");
if (into) void open(into);
