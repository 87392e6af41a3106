import { useState } from "preact/hooks";
import type { Route } from "../route";
import { parseUnit, toLayer, toUnit } from "../route";
import { useShell } from "../shell";
import { layerNamed, useAtlas, useData } from "../store";
import type { Experiment } from "../types";
import { Name } from "./small";

interface Step {
  words: string;
  href: string | null;
}

function trail(route: Route): Step[] {
  const unit = route.page === "unit" ? parseUnit(route.rest) : null;
  if (unit) return [{ words: unit.layer, href: toLayer(unit.layer, { at: unit.channel }) }, { words: String(unit.channel), href: null }];
  if (route.page === "layer") return [{ words: route.rest, href: null }];
  if (route.page === "images") return [{ words: "Images", href: null }];
  if (route.page === "image") return [{ words: "Images", href: "#/images" }, { words: route.rest, href: null }];
  if (route.page === "compare") return [{ words: "Compare", href: null }];
  if (route.page === "experiments") return [{ words: "Experiments", href: null }];
  if (route.page === "experiment") return [{ words: "Experiments", href: "#/e" }, { words: route.rest, href: null }];
  return [];
}

/** A field that takes "layer:unit", a layer's name, or a number in the layer that is shown. */
function Jump({ route }: { route: Route }) {
  const atlas = useAtlas();
  const { router, toast } = useShell();
  const [text, set] = useState("");
  const go = (event: Event): void => {
    event.preventDefault();
    const wanted = text.trim();
    const here = route.page === "layer" ? route.rest : parseUnit(route.rest)?.layer;
    const unit = parseUnit(/^\d+$/.test(wanted) && here ? `${here}:${wanted}` : wanted);
    const layer = unit && layerNamed(atlas, unit.layer);
    if (unit && layer && unit.channel < layer.channels) router.go(toUnit(unit.layer, unit.channel));
    else if (layerNamed(atlas, wanted)) router.go(toLayer(wanted));
    else {
      toast(`“${wanted}” is not in this atlas: write layer:unit`);
      return;
    }
    set("");
    (event.currentTarget as HTMLFormElement).querySelector("input")?.blur();
  };
  return (
    <form class="jump" onSubmit={go}>
      <input
        id="jump"
        list="jump-layers"
        value={text}
        onInput={(event) => set(event.currentTarget.value)}
        aria-label="Go to a unit: layer:number"
        placeholder="layer:unit"
        autocomplete="off"
        spellcheck={false}
      />
      <datalist id="jump-layers">
        {atlas.manifest.layers.map((layer) => (
          <option key={layer.id} value={`${layer.name}:`} />
        ))}
      </datalist>
    </form>
  );
}

export function Header({ route, help }: { route: Route; help: () => void }) {
  const shell = useShell();
  const steps = trail(route);
  const up = steps.length > 1 ? steps[0]?.href : steps.length ? "#/" : null;
  const crumbs = route.page === "layer" || steps.length > 1;
  const experiments = useData<Experiment[]>(useAtlas().store.host.kind === "file" ? null : "experiments");
  const links: [string, string, boolean][] = [
    ["#/", "Layers", ["home", "layer", "unit"].includes(route.page)],
    ["#/images", "Images", route.page.startsWith("image")],
    ["#/compare", "Compare", route.page === "compare"],
  ];
  // Where a server shows the atlas, it says where the bench of its network is.
  const bench = document.querySelector<HTMLMetaElement>('meta[name="convscope-bench"]')?.content;
  if (experiments.value?.length) links.push(["#/e", "Experiments", route.page.startsWith("experiment")]);
  return (
    <header class="top">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the hash is the page's address
          shell.root.querySelector<HTMLElement>("#main")?.focus();
        }}
      >
        Skip to content
      </a>
      <a class="brand" href="#/" aria-label="convscope: home" id={up === "#/" && !crumbs ? "up" : undefined}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <rect x="1.5" y="1.5" width="21" height="21" rx="3" />
          <rect x="6.5" y="6.5" width="11" height="11" rx="1.5" />
          <circle cx="12" cy="12" r="2" />
        </svg>
        <span>convscope</span>
      </a>
      <nav class="sections" aria-label="Sections">
        {links.map(([href, words, here]) => (
          <a key={href} href={href} aria-current={here ? "true" : undefined}>
            {words}
          </a>
        ))}
        {bench && <a href={bench}>Bench</a>}
      </nav>
      <Jump route={route} />
      <button class="icon" type="button" onClick={shell.toggleTheme} aria-label="Light or dark" title="Light or dark (d)">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="8" />
          <path d="M12 4a8 8 0 0 1 0 16z" class="shaded" />
        </svg>
      </button>
      <button class="icon" type="button" onClick={help} aria-label="Keyboard" title="Keyboard (?)">
        ?
      </button>
      {crumbs && (
        <nav class="trail" aria-label="Where you are">
          {(route.page === "layer" || route.page === "unit") && (
            <a href="#/" id={up === "#/" ? "up" : undefined}>
              Layers
            </a>
          )}
          {steps.map((step) =>
            step.href ? (
              <a key={step.words} href={step.href} id={step.href === up ? "up" : undefined}>
                <Name text={step.words} />
              </a>
            ) : (
              <span key={step.words} aria-current="page">
                <Name text={step.words} />
              </span>
            ),
          )}
        </nav>
      )}
    </header>
  );
}
