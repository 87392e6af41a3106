// What was asked in a session and what came of it: kept to be exported as one file, or as the Python that repeats it.

import type { Asked } from "./api";
import { without } from "./state";
import { number, score, signed } from "./words";
import type { About, Caused, ClassTold, Projected } from "./types";

export interface Step {
  question: Asked;
  title: string;
  /** Rows of a table; the first is its head. */
  rows: string[][];
  /** Pictures as data: addresses, or what makes them once they are wanted, with what they show. */
  pictures: [string | (() => string), string][];
}

export const MOST = 200; // steps, as many as the program that repeats them has

const PASSED = 1500; // milliseconds: what was shown for less was passed over

/** A question without where the square is, and how far the slider. */
const elsewhere = ({ cover, transform, ...rest }: Asked): string => {
  const { at, ...how } = (cover ?? { at: [] }) as { at: unknown[] };
  return JSON.stringify([rest, how, at.length, (transform as { name: string } | null | undefined)?.name]);
};

export class Session {
  steps: Step[] = [];
  private added = new WeakMap<Step, number>();

  /** Add a step; one of the same question takes the place of the earlier, as does what a drag comes to of what it passed. */
  add(step: Step, now: number = Date.now()): void {
    const [key, place] = [JSON.stringify(step.question), elsewhere(step.question)];
    const passed = (one: Step): boolean => elsewhere(one.question) === place && now - (this.added.get(one) ?? 0) < PASSED;
    this.steps = [...this.steps.filter((one) => JSON.stringify(one.question) !== key && !passed(one)), step].slice(-MOST);
    this.added.set(step, now);
  }

  clear(): void {
    this.steps = [];
  }
}

const pngOf = (text: string): string => `data:image/png;base64,${text}`;

export const ofClasses = (question: Asked, title: string, classes: ClassTold[], probable: boolean): Step => ({
  question,
  title,
  rows: [["class", "now", "as it is"], ...classes.map((one) => [one.name, score(one.score, probable), one.before === undefined ? "" : score(one.before, probable)])],
  pictures: [],
});

export const ofProjection = (question: Asked, found: Projected, patch: () => string): Step => ({
  question,
  title: `What ${found.name ? `“${found.name}” (${found.unit})` : found.unit} takes from the photo`,
  rows: [
    ["activation", "box y0 x0 y1 x1", "shown as black and white", "on the way"],
    [number(found.value), found.box.join(" "), `± ${number(found.scale)}`, found.report],
  ],
  pictures: [
    [patch, "its receptive field"],
    [pngOf(found.projection), "its projection"],
  ],
});

export const ofCauses = (question: Asked, found: Caused): Step => ({
  question,
  title: `What fed ${found.unit} from ${found.layer}`,
  rows: [["unit", "gives", "its activation"], ...found.nodes.map((node) => [node.unit, signed(node.amount), number(node.value)])],
  pictures: [],
});

/** A text where HTML is written. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

const table = (rows: string[][]): string =>
  rows.length
    ? `<table><thead><tr>${(rows[0] ?? []).map((cell) => `<th scope="col">${escaped(cell)}</th>`).join("")}</tr></thead><tbody>${rows
        .slice(1)
        .map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`)
        .join("")}</tbody></table>`
    : "";

const picture = ([made, words]: Step["pictures"][number]): string => {
  const source = typeof made === "string" ? made : made();
  return /^data:image\/(png|jpeg);base64,[A-Za-z0-9+/=]+$/.test(source) ? `<figure><img src="${source}" alt="${escaped(words)}"><figcaption>${escaped(words)}</figcaption></figure>` : "";
};

const STYLE =
  ":root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}" +
  "section{border-top:1px solid #8886;padding:1rem 0;overflow-x:auto}pre{overflow-x:auto}td,th{white-space:nowrap}h2{font-size:1.05rem}figure{display:inline-block;margin:0 1rem 0 0}" +
  "img{width:224px;max-width:100%;image-rendering:pixelated;background:#808080}figcaption,small{opacity:.75;font-size:.85rem}" +
  "table{border-collapse:collapse;margin:.6rem 0}td,th{text-align:left;padding:.15rem 1rem .15rem 0;border-bottom:1px solid #8884}";

/** What was done to the photo for a step: a sentence, empty where nothing was. */
function doneTo({ kind, unit, moved, transform, cover, silenced }: Asked): string {
  const [down = 0, right = 0] = (moved ?? []) as number[];
  const turned = transform as { name: string; amount: number } | null | undefined;
  const covered = cover as { at: number[][]; size: number; fill: string } | null | undefined;
  const done = [
    down || right ? `the crop moved by ${down}, ${right} px` : "",
    turned ? `${turned.name} ${number(turned.amount)}` : "",
    covered?.at.length && kind !== "sweep" ? `${covered.size} px covered (${covered.fill}) around ${covered.at[0]?.join(", ")}${covered.at.length > 1 ? ` and ${covered.at.length - 1} places more` : ""}` : "",
    // A unit that is looked at is shown as it would speak.
    ...((silenced ?? []) as string[]).filter((one) => without(String(unit)) !== without(one)).map((one) => `${one} silenced`),
  ].filter(Boolean);
  return done.length ? `With ${done.join("; ")}.` : "";
}

/** The session as one file that needs nothing else, and runs nothing. */
export function pageOf(steps: Step[], about: About, photo: { name: string; picture: string }, python: string): string {
  const said = (words: string): string => words && `<p>${escaped(words)}</p>`;
  const sections = steps.map((step) => `<section><h2>${escaped(step.title)}</h2>${said(doneTo(step.question))}${step.pictures.map(picture).join("")}${table(step.rows)}</section>`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(photo.name)} on the bench</title><style>${STYLE}</style></head><body>
<h1>${escaped(photo.name)}</h1><p>${escaped(about.network)} · input ${about.input.join(" × ")} · ${escaped(about.recipe)}</p>
${picture([photo.picture, "the photo as the network sees it"])}
${sections.join("\n")}
<section><h2>The Python that repeats it</h2><pre>${escaped(python)}</pre></section>
<p><small>Made with the bench of convscope.</small></p></body></html>
`;
}
