import type { Route } from "../route";
import { parseUnit, toLayer } from "../route";
import { useShell } from "../shell";
import { useExperiments } from "../store";
import { Name } from "./small";
import { Buttons, Mark, Skip } from "./frame";

interface Step {
  words: string;
  href: string | null;
}

function trail(route: Route): Step[] {
  const unit = route.page === "unit" ? parseUnit(route.rest) : null;
  if (unit) return [{ words: unit.layer, href: toLayer(unit.layer, { at: unit.channel }) }, { words: String(unit.channel), href: null }];
  if (route.page === "layer") return [{ words: route.rest, href: null }];
  if (route.page === "class") return [{ words: "Classes", href: "#/c" }, { words: route.rest, href: null }];
  if (route.page === "classes") return [{ words: "Classes", href: null }];
  if (route.page === "images") return [{ words: "Images", href: null }];
  if (route.page === "image") return [{ words: "Images", href: "#/images" }, { words: route.rest, href: null }];
  if (route.page === "compare") return [{ words: "Compare", href: null }];
  if (route.page === "experiments") return [{ words: "Experiments", href: null }];
  if (route.page === "experiment") return [{ words: "Experiments", href: "#/e" }, { words: route.rest, href: null }];
  return [];
}

export function Header({ route, help, search }: { route: Route; help: () => void; search: () => void }) {
  const shell = useShell();
  const steps = trail(route);
  const up = steps.length > 1 ? (steps[0]?.href ?? "#/") : steps.length ? "#/" : null;
  const crumbs = ["layer", "classes"].includes(route.page) || steps.length > 1;
  const experiments = useExperiments();
  const links: [string, string, boolean][] = [
    ["#/", "Layers", ["home", "layer", "unit"].includes(route.page)],
    ["#/images", "Images", route.page.startsWith("image")],
    ["#/compare", "Compare", route.page === "compare"],
  ];
  // Where a server shows the atlas, it says where the bench of its network is.
  const bench = document.querySelector<HTMLMetaElement>('meta[name="convscope-bench"]')?.content;
  if (experiments?.length) links.push(["#/e", "Experiments", route.page.startsWith("experiment")]);
  return (
    <header class="top">
      <Skip main={() => shell.root.querySelector<HTMLElement>("#main")} />
      <a class="brand" href="#/" aria-label="convscope: home" id={up === "#/" && !crumbs ? "up" : undefined}>
        <Mark />
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
      <button id="search-all" class="jump" type="button" onClick={search} title="Search (/ or Ctrl K)">
        <span>Search</span> <kbd aria-hidden="true">/</kbd>
      </button>
      <Buttons theme={shell.toggleTheme} help={help} />
      {crumbs && (
        <nav class="trail" aria-label="Where you are">
          {["layer", "unit", "class", "classes"].includes(route.page) && (
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
