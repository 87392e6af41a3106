// A unit as files for people: its figure as PNG and SVG, its numbers as JSON, how to cite it, and how to show it elsewhere.

import type { Host } from "./host";
import type { Atlas } from "./store";
import { fill } from "./store";
import type { LayerEntry, UnitData, UnitShard } from "./types";
import { fieldOf, many, shapeOf, short } from "./words";

export class NotReadable extends Error {}

export const spriteOf = (atlas: Atlas, layer: LayerEntry, channel: number): string => fill(atlas.manifest.paths.sprite, { layer: layer.id, channel });

/** The picture that a unit's page shows first: where projections are, if that is kept by itself. */
export const firstOf = (atlas: Atlas, layer: LayerEntry, channel: number): string => (layer.content?.kept && atlas.manifest.paths.content ? fill(atlas.manifest.paths.content, { layer: layer.id, channel }) : spriteOf(atlas, layer, channel));

const GAP = 4;
const BETWEEN = 16;

interface Placed {
  rank: number;
  panel: number;
  x: number;
  y: number;
}

interface Plan {
  cells: Placed[];
  width: number;
  height: number;
}

/** Where the cells of the figure lie: photos left, projections right, as in the paper's Fig. 2; `below` each is left free. */
export function placed(columns: number, count: number, width: number, height: number, below = 0): Plan {
  const rows = Math.ceil(count / columns);
  const block = columns * width + (columns - 1) * GAP;
  const cells = [0, 1].flatMap((panel) =>
    Array.from({ length: count }, (_, rank) => ({
      rank,
      panel,
      x: panel * (block + BETWEEN) + (rank % columns) * (width + GAP),
      y: Math.floor(rank / columns) * (height + below + GAP),
    })),
  );
  return { cells, width: 2 * block + BETWEEN, height: rows * (height + below + GAP) - GAP };
}

async function picture(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/** An address of a unit's sprite whose pixels may be read. Throws NotReadable where there is none. */
async function readable(atlas: Atlas, layer: LayerEntry, channel: number): Promise<string> {
  const { store, manifest } = atlas;
  if (store.host.readable) return store.host.picture(spriteOf(atlas, layer, channel), atlas.name);
  if (!manifest.portable) throw new NotReadable();
  return store.load<string>(`sprites/${layer.id}/${channel}`);
}

/** Draw the cells at their places, each pixel of a small patch enlarged to a square. */
function drawCells(pen: CanvasRenderingContext2D, image: HTMLImageElement, layer: LayerEntry, plan: Plan): void {
  const { sprite, tile } = layer;
  pen.imageSmoothingEnabled = false;
  for (const { rank, panel, x, y } of plan.cells) {
    const left = (panel * sprite.columns + (rank % sprite.columns)) * sprite.pitchX;
    const top = Math.floor(rank / sprite.columns) * sprite.pitchY;
    pen.drawImage(image, left, top, sprite.width, sprite.height, x, y, sprite.width * tile.enlarge, sprite.height * tile.enlarge);
  }
}

function blank(width: number, height: number, scale = 1): { canvas: HTMLCanvasElement; pen: CanvasRenderingContext2D } {
  const canvas = document.createElement("canvas");
  canvas.width = scale * width;
  canvas.height = scale * height;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.scale(scale, scale);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  return { canvas, pen };
}

const planOf = (layer: LayerEntry, unit: UnitData, below = 0): Plan => placed(layer.sprite.columns, unit.images.length, layer.sprite.width * layer.tile.enlarge, layer.sprite.height * layer.tile.enlarge, below);

/** The figure of a unit without words. Throws NotReadable where pixels are kept back. */
export async function drawFigure(atlas: Atlas, layer: LayerEntry, unit: UnitData): Promise<HTMLCanvasElement> {
  const image = await picture(await readable(atlas, layer, unit.channel));
  const plan = planOf(layer, unit);
  const { canvas, pen } = blank(plan.width, plan.height);
  drawCells(pen, image, layer, plan);
  return canvas;
}

/** The longest of 1, 2, 5, 10 ... pixels that is at most half of a length: what a bar of scale stands for. */
export function barOf(length: number): number {
  const tens = 10 ** Math.floor(Math.log10(Math.max(2, length) / 2));
  return tens * ([5, 2, 1].find((times) => times * tens <= length / 2) ?? 1);
}

/** What is written above and below a unit's figure. */
export function wordsOf({ manifest }: Pick<Atlas, "manifest">, layer: LayerEntry, unit: UnitData): { title: string; about: string; caption: string } {
  const { model, data, options } = manifest;
  return {
    title: [`${layer.name}:${unit.channel}`, unit.name].filter(Boolean).join("  "),
    about: `${model.name} · ${layer.op} · ${shapeOf(layer)} · receptive field ${fieldOf(layer)}`,
    caption:
      `Left: the ${many(unit.images.length, "image")} of ${data.count} that excite the unit most, each cut where it does so, above its activation. ` +
      `Right: what it takes from each, by the rule ${options.rule}: mid-grey is zero, black and white are ± the number below. Made with convscope.`,
  };
}

/** Words in lines that are no wider than `most`. */
function lines(pen: CanvasRenderingContext2D, text: string, most: number): string[] {
  const found: string[] = [];
  let line = "";
  for (const word of text.split(/(?<= )/)) {
    if (line && pen.measureText(line + word).width > most) {
      found.push(line);
      line = word;
    } else line += word;
  }
  return line ? [...found, line] : found;
}

const EDGE = 14;
const [BELOW, BAR] = [16, 20];
const INK = { title: ["600 17px sans-serif", "#1b1c1e", 23], about: ["12.5px sans-serif", "#5b5e63", 17], caption: ["11.5px sans-serif", "#5b5e63", 15.5] } as const;

/** The figure with name, layer, caption and scale, at twice the size of the page. Throws NotReadable as `drawFigure`. */
export async function drawTitled(atlas: Atlas, layer: LayerEntry, unit: UnitData): Promise<HTMLCanvasElement> {
  const image = await picture(await readable(atlas, layer, unit.channel));
  const plan = planOf(layer, unit, BELOW);
  const wide = Math.max(plan.width, 420);
  const words = wordsOf(atlas, layer, unit);
  const { pen: rule } = blank(1, 1);
  const set = (kind: keyof typeof INK): string[] => {
    rule.font = INK[kind][0];
    return lines(rule, words[kind], wide);
  };
  const [title, about, caption] = [set("title"), set("about"), set("caption")];
  const top = EDGE + title.length * INK.title[2] + about.length * INK.about[2] + 6;
  const { canvas, pen } = blank(wide + 2 * EDGE, Math.ceil(top + plan.height + BAR + caption.length * INK.caption[2] + EDGE), 2);
  const write = (text: string[], kind: keyof typeof INK, y: number): number => {
    [pen.font, pen.fillStyle] = INK[kind];
    text.forEach((line, i) => pen.fillText(line, EDGE, y + (i + 0.75) * INK[kind][2]));
    return y + text.length * INK[kind][2];
  };
  write(about, "about", write(title, "title", EDGE));
  pen.save();
  pen.translate(EDGE, top);
  drawCells(pen, image, layer, plan);
  [pen.font, pen.fillStyle] = INK.caption;
  const [width, height] = [layer.sprite.width * layer.tile.enlarge, layer.sprite.height * layer.tile.enlarge];
  for (const { rank, panel, x, y } of plan.cells) pen.fillText(panel === 0 ? short(unit.values[rank]) : `±${short(unit.scales[rank])}`, x, y + height + 12);
  const seen = layer.field?.size[1] ?? atlas.manifest.model.input[2];
  const bar = barOf(seen);
  pen.fillRect(0, plan.height + 7, (bar * width) / seen, 2);
  pen.fillText(`${bar} px of the image`, (bar * width) / seen + 7, plan.height + 12);
  pen.restore();
  write(caption, "caption", top + plan.height + BAR);
  return canvas;
}

export function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    try {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new NotReadable())), "image/png");
    } catch {
      reject(new NotReadable()); // pictures of a page opened from disk taint the canvas
    }
  });
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The figure as SVG: pictures within it, and every number as text that can be changed. */
export function svgOf(figure: string, size: { width: number; height: number }, layer: LayerEntry, unit: UnitData): string {
  const height = layer.sprite.height * layer.tile.enlarge;
  const plan = planOf(layer, unit);
  const numbers = plan.cells
    .filter((cell) => cell.panel === 0)
    .map((cell) => `<text x="${cell.x + 4}" y="${cell.y + height - 5}">${escape(short(unit.values[cell.rank]))}</text>`);
  const title = escape(`${layer.name}:${unit.channel}${unit.name ? ` ${unit.name}` : ""}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height + 24}" viewBox="0 -24 ${size.width} ${size.height + 24}">`,
    `<title>${title}</title>`,
    `<rect y="-24" width="100%" height="100%" fill="#fff"/>`,
    `<text y="-7" font-family="sans-serif" font-size="14">${title}</text>`,
    `<image href="${figure}" width="${size.width}" height="${size.height}" style="image-rendering:pixelated"/>`,
    `<g font-family="sans-serif" font-size="11" fill="#fff" stroke="#000" stroke-width="2.5" paint-order="stroke">${numbers.join("")}</g>`,
    `</svg>`,
  ].join("\n");
}

/** Everything known of a unit, with the image names and class names it refers to. */
export function jsonOf(atlas: Atlas, layer: LayerEntry, shard: UnitShard, unit: UnitData): string {
  const { model, data, options, versions, created } = atlas.manifest;
  const images = Object.fromEntries(unit.images.map((image) => [image, shard.images[image]]));
  const labels = new Set([...unit.classes.map(([label]) => label), ...Object.values(images).map((image) => image?.label ?? -1)]);
  const classes = Object.fromEntries([...labels].filter((label) => label >= 0).map((label) => [label, shard.classes[label]]));
  const { id: _id, bytes: _bytes, ...shape } = layer;
  return JSON.stringify({ unit: `${layer.name}:${unit.channel}`, model, data, options, versions, created, layer: shape, ...unit, imageInfo: images, classNames: classes }, null, 1);
}

const SIZES = 'addEventListener("message",function(e){document.querySelectorAll("iframe[data-convscope]").forEach(function(f){if(f.contentWindow===e.source&&e.data&&e.data.convscope==="height")f.style.height=(+e.data.height||560)+"px"})})';

/** The address of a unit where other pages may show it: the page of embeds, beside this one, or within one file itself. */
export const embedded = (link: string, kind: Host["kind"]): string => (kind === "file" ? `${link}?embed=1` : link.replace(/[^/#?]*(\?[^#]*)?(#.*)$/, "embed.html$2"));

/** HTML that shows a unit within another page, as tall as it is; where its script is taken out, in a frame that scrolls. */
export const embedding = (address: string, title: string): string =>
  `<iframe data-convscope src="${escape(address)}" title="${escape(title)}" width="100%" height="560" loading="lazy" style="border:0"></iframe>\n<script>${SIZES}</script>`;

/** BibTeX of a unit in this atlas: model, images, release and date, which together say how to make it again. */
export function citation(atlas: Atlas, layer: LayerEntry, channel: number, link: string | null): string {
  const { model, data, versions, created } = atlas.manifest;
  const plain = (text: string): string => text.replace(/[{}\\]/g, "");
  const note = `${data.count} images (${plain(data.description)}; ${data.fingerprint.slice(0, 12)}), model ${model.fingerprint.slice(0, 12)}`;
  return [
    `@misc{convscope-${layer.id}-${channel},`,
    `  title = {Unit ${plain(layer.name)}:${channel} of ${plain(model.name)}},`,
    `  howpublished = {Atlas made with convscope ${versions.convscope ?? ""}},`,
    `  year = {${created.slice(0, 4)}},`,
    `  note = {${note}},`,
    ...(link && !link.startsWith("file:") ? [`  url = {${link}},`] : []),
    "}",
  ].join("\n");
}
