import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Host } from "./host";
import { toggleTheme, useListeners } from "./listening";
import { useHash } from "./parts/frame";
import { Further } from "./parts/Further";
import { Header } from "./parts/Header";
import { KeyHelp } from "./parts/KeyHelp";
import { Search } from "./parts/Search";
import { Loading, Problem } from "./parts/small";
import { ClassesPage, ClassPage } from "./pages/Class";
import { HomePage } from "./pages/Home";
import { ImagePage } from "./pages/Image";
import { ImagesPage } from "./pages/Images";
import { LayerPage } from "./pages/Layer";
import { UnitPage } from "./pages/Unit";
import type { Route, Router } from "./route";
import { embeds, parse, parseUnit, toUnit } from "./route";
import type { Shell } from "./shell";
import { ShellContext } from "./shell";
import { marksOf, MarksContext } from "./marks";
import type { Atlas } from "./store";
import { AtlasContext, openAtlas } from "./store";

function useRoute(router: Router, embed: boolean): Route {
  const hash = useHash(router);
  return useMemo(() => {
    const route = parse(hash);
    if (embed && !route.query.has("embed")) route.query.set("embed", "1");
    return route;
  }, [hash, embed]);
}

interface Props {
  host: Host;
  router: Router;
  /** Carries the theme; hears the keys where the viewer does not have the page for itself. */
  root: HTMLElement;
  /** Whether this is the page that other pages show: units alone. */
  embed?: boolean;
}

export function App({ host, router, root, embed = false }: Props) {
  const [atlas, opened] = useState<Atlas | null>(null);
  const [problem, fail] = useState<string | null>(null);
  const [words, say] = useState("");
  const route = useRoute(router, embed);
  const listen = useListeners(root, host.kind !== "notebook");
  const shell = useMemo<Shell>(
    () => ({ router, root, listen, toast: say, toggleTheme: () => toggleTheme(root) }),
    [router, root, listen],
  );
  const marks = useMemo(() => marksOf(atlas?.manifest ?? null), [atlas]);
  useEffect(() => {
    openAtlas(host, "").then(opened, (error: Error) => fail(error.message));
  }, [host]);
  useEffect(() => {
    if (!words) return;
    const timer = setTimeout(() => say(""), 4000);
    return () => clearTimeout(timer);
  }, [words]);
  if (problem) return <Problem title="This atlas cannot be shown">{problem}</Problem>;
  if (!atlas) return <Loading what="the atlas" />;
  return (
    <ShellContext.Provider value={shell}>
      <AtlasContext.Provider value={atlas}>
        <MarksContext.Provider value={marks}>
          <View route={route} shell={shell} atlas={atlas} embed={embed} />
        </MarksContext.Provider>
        <div class="toast" role="status" aria-live="polite" data-shown={words !== ""}>
          {words}
        </div>
      </AtlasContext.Provider>
    </ShellContext.Provider>
  );
}

function useGlobalKeys(shell: Shell, atlas: Atlas, help: () => void, search: () => void): void {
  const random = (): void => {
    const at = Math.floor(Math.random() * atlas.manifest.units);
    let before = 0;
    for (const layer of atlas.manifest.layers) {
      if (at < before + layer.channels) {
        const channels = atlas.manifest.subset?.[layer.name];
        shell.router.go(toUnit(layer.name, channels ? (channels[(at - before) % channels.length] ?? 0) : at - before));
        return;
      }
      before += layer.channels;
    }
  };
  useEffect(
    () =>
      shell.listen({
        "?": help,
        d: () => shell.toggleTheme(),
        g: search,
        "/": search,
        "Ctrl+k": search,
        x: random,
        Escape: () => {
          const field = shell.root.querySelector<HTMLElement>("input:focus,select:focus,textarea:focus");
          if (field) field.blur();
          else shell.root.querySelector<HTMLAnchorElement>("#up")?.click();
        },
      }),
    [shell, atlas],
  );
}

function View({ route, shell, atlas, embed }: { route: Route; shell: Shell; atlas: Atlas; embed: boolean }) {
  const [help, setHelp] = useState(false);
  const [searching, search] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const embedded = embed || embeds(route);
  useGlobalKeys(
    shell,
    atlas,
    () => setHelp((shown) => !shown),
    () => search(!embedded),
  );
  const place = `${route.page}/${route.rest}`;
  useEffect(() => {
    const title = { home: atlas.manifest.model.name, classes: "Classes", images: "Images", compare: "Compare", experiments: "Experiments" }[route.page as "home"];
    if (shell.router.link("")) document.title = `${title ?? route.rest} – convscope atlas`;
    // A new page begins at its top and is read from there; the very first view leaves the focus alone.
    // Who walks from unit to unit stays where they look.
    if (first.current) first.current = false;
    else if (!shell.router.walking()) {
      if (!route.query.has("at")) shell.root.scrollIntoView({ block: "start", behavior: "instant" });
      main.current?.focus({ preventScroll: true });
    }
  }, [place]);
  return (
    <>
      {!embedded && <Header route={route} help={() => setHelp(true)} search={() => search(true)} />}
      <p class="heard" role="status">
        {route.page === "unit" ? `Unit ${route.rest}` : ""}
      </p>
      <main id="main" tabIndex={-1} ref={main} key={route.page}>
        {embed && route.page !== "unit" ? <p class="empty">A unit is shown here, and nothing else.</p> : <Page route={route} />}
      </main>
      {embedded && <Source route={route} atlas={atlas} page={embed ? "index.html" : ""} />}
      {help && <KeyHelp close={() => setHelp(false)} />}
      {searching && <Search route={route} close={() => search(false)} />}
    </>
  );
}

/** Below a unit that another page embeds: where it is from, and the way to all of it. */
function Source({ route, atlas, page }: { route: Route; atlas: Atlas; page: string }) {
  const unit = route.page === "unit" ? parseUnit(route.rest) : null;
  return (
    <footer class="source">
      <a href={page + (unit ? toUnit(unit.layer, unit.channel) : "#/")} target="_blank" rel="noreferrer">
        Open in the atlas
      </a>{" "}
      <span class="quiet">of {atlas.manifest.model.name}, made with convscope</span>
    </footer>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "home":
      return <HomePage />;
    case "layer":
      return <LayerPage key={route.rest} name={route.rest} query={route.query} />;
    case "unit": {
      const unit = parseUnit(route.rest);
      if (!unit) return <Problem title="No such unit">“{route.rest}” is not a unit. Units are written layer:number, such as features.8:174.</Problem>;
      return <UnitPage layer={unit.layer} channel={unit.channel} query={route.query} />;
    }
    case "class":
      return <ClassPage key={route.rest} name={route.rest} />;
    case "classes":
      return <ClassesPage />;
    case "images":
      return <ImagesPage query={route.query} />;
    case "image":
      return <ImagePage key={route.rest} number={Number(route.rest)} />;
    case "compare":
      return <Further what="the comparison">{({ ComparePage }) => <ComparePage query={route.query} />}</Further>;
    case "experiments":
      return <Further what="experiments">{({ ExperimentsPage }) => <ExperimentsPage />}</Further>;
    case "experiment":
      return <Further what={route.rest}>{({ ExperimentPage }) => <ExperimentPage key={route.rest} name={route.rest} query={route.query} />}</Further>;
    default:
      return <Problem title="Not here">This address leads nowhere in the atlas.</Problem>;
  }
}
