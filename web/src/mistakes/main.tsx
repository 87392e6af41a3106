import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { folderHost } from "../host";
import { toggleTheme, useListeners } from "../listening";
import { Buttons, KeyList, Mark, Skip, useHash } from "../parts/frame";
import { useModal } from "../parts/KeyHelp";
import { Loading } from "../parts/small";
import { hashRouter } from "../route";
import type { Router } from "../route";
import type { Shell } from "../shell";
import { remembered, ShellContext, useKeys, useShell } from "../shell";
import { Store } from "../store";
import type { Page } from "./data";
import { openPage, PageContext } from "./data";
import { MistakePage } from "./MistakePage";
import { Overview } from "./Overview";
import "../style.css";
import "./mistakes.css";

// The page of mistakes: a classic script at the end of a folder's index.html. #/ is all of them, #/m/IMAGE one.

const KEYS: [string, string][] = [
  ["?", "this list"],
  ["/", "find by name"],
  ["← →", "previous, next mistake (also h l)"],
  ["Enter", "open"],
  ["c", "copy the link of a mistake"],
  ["d", "light or dark"],
  ["Esc", "close, or all mistakes"],
];

function App({ router, root }: { router: Router; root: HTMLElement }) {
  const [page, opened] = useState<Page | null>(null);
  const [problem, fail] = useState<string | null>(null);
  const [words, say] = useState("");
  const listen = useListeners(root, true);
  const shell = useMemo<Shell>(() => ({ router, root, listen, toast: say, toggleTheme: () => toggleTheme(root) }), [router, root, listen]);
  useEffect(() => {
    openPage(new Store(folderHost(document), "")).then(opened, (error: Error) => fail(error.message));
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => say(""), 4000);
    return () => clearTimeout(timer);
  }, [words]);
  if (problem)
    return (
      <div class="problem" role="alert">
        <h1>This page cannot be shown</h1>
        <p class="lead">{problem}</p>
      </div>
    );
  if (!page) return <Loading what="mistakes" />;
  return (
    <ShellContext.Provider value={shell}>
      <PageContext.Provider value={page}>
        <View />
        <div class="toast" role="status" aria-live="polite" data-shown={words !== ""}>
          {words}
        </div>
      </PageContext.Provider>
    </ShellContext.Provider>
  );
}

function usePlace(router: Router): { mistake: string | null; query: URLSearchParams } {
  const hash = useHash(router);
  return useMemo(() => {
    const [path = "", query = ""] = hash.split("?");
    const found = /^#\/m\/(.*)$/.exec(path);
    return { mistake: found ? (found[1] ?? "") : null, query: new URLSearchParams(query) };
  }, [hash]);
}

function View() {
  const { router, root, toggleTheme: turn } = useShell();
  const { mistake, query } = usePlace(router);
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const up = mistake === null ? "#/" : `#/${query.toString() ? `?${query}` : ""}`;
  useKeys({
    "?": () => setHelp((shown) => !shown),
    d: turn,
    "/": () => root.querySelector<HTMLInputElement>("#search")?.focus(),
    Escape: () => {
      const field = root.querySelector<HTMLElement>("input:focus,select:focus");
      if (field) field.blur();
      else if (mistake !== null || query.toString()) router.go(up);
    },
  });
  useEffect(() => {
    document.title = `${mistake === null ? "Mistakes" : `Mistake ${mistake}`} – convscope`;
    if (first.current) first.current = false;
    else if (!router.walking()) {
      root.scrollIntoView({ block: "start", behavior: "instant" });
      main.current?.focus({ preventScroll: true });
    }
  }, [mistake]);
  return (
    <>
      <header class="top">
        <Skip main={() => main.current} />
        <a class="brand" href="#/" aria-label="convscope: all mistakes">
          <Mark />
          <span>convscope</span>
        </a>
        <nav class="sections" aria-label="Sections">
          <a href={up} aria-current={mistake === null ? "true" : undefined}>
            All mistakes
          </a>
        </nav>
        <Buttons theme={turn} help={() => setHelp(true)} />
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        {mistake === null ? <Overview query={query} /> : <MistakePage key={mistake} mistake={mistake} query={query} />}
      </main>
      {help && <Help close={() => setHelp(false)} />}
    </>
  );
}

function Help({ close }: { close: () => void }) {
  useKeys({ Escape: close, "?": close }, true);
  const modal = useModal(close);
  return (
    <div class="modal" aria-label="Keyboard" {...modal}>
      <div class="sheet help narrow">
        <button class="icon close" type="button" onClick={close} aria-label="Close" data-first>
          ×
        </button>
        <h2>Keyboard</h2>
        <KeyList rows={KEYS} />
      </div>
    </div>
  );
}

const root = document.documentElement;
const theme = remembered.get("theme");
if (theme === "light" || theme === "dark") root.dataset.theme = theme;
const place = document.getElementById("app");
if (place) {
  place.replaceChildren();
  render(<App router={hashRouter(window)} root={root} />, place);
}
