// A unit as files for people: its figure as PNG and SVG, its numbers as JSON, how to cite it, and how to show it elsewhere.

import type { Host } from "./host";
import type { View } from "./layerview";
import type { Reach } from "./parts/Examples";
import { partOf } from "./parts/Tile";
import { imagePath } from "./parts/WholeImage";
import type { Atlas } from "./store";
import { fill } from "./store";
import type { Box, Grid, LayerEntry, UnitData, UnitShard } from "./types";
import { fieldOf, many, shapeOf, short } from "./words";

export class NotReadable extends Error {}

export const spriteOf = (atlas: Atlas, layer: LayerEntry, channel: number): string => fill(atlas.manifest.paths.sprite, { layer: layer.id, channel });

/** The picture that a unit's page shows first: where projections are, if that is kept by itself. */
export const firstOf = (atlas: Atlas, layer: LayerEntry, channel: number): string => (layer.content?.kept && atlas.manifest.paths.content ? fill(atlas.manifest.paths.content, { layer: layer.id, channel }) : spriteOf(atlas, layer, channel));

/** What of a unit's examples is seen, and so what a figure shows; `band` as for `Examples`. */
export interface Seen {
  view: View;
  reach: Reach;
  band: number;
}

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
export function placed(columns: number, count: number, width: number, height: number, below = 0, view: View = "both"): Plan {
  const rows = Math.ceil(count / columns);
  const block = columns * width + (columns - 1) * GAP;
  const panels = view === "both" ? [0, 1] : view === "photos" ? [0] : [1];
  const cells = panels.flatMap((panel, nth) =>
    Array.from({ length: count }, (_, rank) => ({
      rank,
      panel,
      x: nth * (block + BETWEEN) + (rank % columns) * (width + GAP),
      y: Math.floor(rank / columns) * (height + below + GAP),
    })),
  );
  return { cells, width: panels.length * (block + BETWEEN) - BETWEEN, height: rows * (height + below + GAP) - GAP };
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

/** The pictures that cells are cut out of. */
interface Sheets {
  sprite: HTMLImageElement;
  /** Parts kept by themselves, single bands, whole images: where these are shown. */
  content: HTMLImageElement | null;
  bands: HTMLImageElement | null;
  whole: HTMLImageElement[] | null;
}

/** The pictures that a figure needs. Throws NotReadable where one of them may not be read. */
async function sheetsOf(atlas: Atlas, layer: LayerEntry, unit: UnitData, { view, reach, band }: Seen): Promise<Sheets> {
  const { store, manifest } = atlas;
  const other = async (path: string | null): Promise<HTMLImageElement> => {
    if (!store.host.readable || path === null) throw new NotReadable();
    return picture(await store.host.picture(path, atlas.name));
  };
  const photos = view !== "projections";
  return {
    sprite: await picture(await readable(atlas, layer, unit.channel)),
    // From disk a part is cut out of the sprite, which scripts may repeat.
    content: reach === "part" && layer.content?.kept && store.host.readable ? await other(firstOf(atlas, layer, unit.channel)) : null,
    bands: photos && band > 0 && reach !== "whole" ? await other(fill(manifest.paths.bands ?? "", { layer: layer.id, channel: unit.channel })) : null,
    whole: photos && reach === "whole" ? await Promise.all(unit.images.map((image) => other(imagePath(atlas, image)))) : null,
  };
}

const MANY = 64; // pixels of a cell that is enlarged smoothly: as on the page

/** Draw the cells at their places, each pixel of a small patch enlarged to a square. */
function drawCells(pen: CanvasRenderingContext2D, atlas: Atlas, sheets: Sheets, layer: LayerEntry, unit: UnitData, plan: Plan, { reach, band }: Seen): void {
  const { tile } = layer;
  const [wide, tall] = [layer.sprite.width * tile.enlarge, layer.sprite.height * tile.enlarge];
  const cut = (image: HTMLImageElement, grid: Grid, panel: number, cell: number, [y, x, h, w]: readonly number[], at: Placed): void => {
    const left = (panel * grid.columns + (cell % grid.columns)) * grid.pitchX + (x as number) * grid.width;
    const top = Math.floor(cell / grid.columns) * grid.pitchY + (y as number) * grid.height;
    pen.imageSmoothingEnabled = (w as number) < 1 && Math.max(grid.width, grid.height) > MANY;
    pen.drawImage(image, left, top, (w as number) * grid.width, (h as number) * grid.height, at.x, at.y, wide, tall);
  };
  for (const at of plan.cells) {
    const { panel, rank } = at;
    const photo = panel === 0 ? sheets.whole?.[rank] : undefined;
    const part = (reach === "part" && partOf(unit, rank)) || null;
    if (photo) drawWhole(pen, photo, atlas.manifest.model.input, unit.boxes[rank] ?? null, [at.x, at.y, wide, tall]);
    else if (panel === 0 && sheets.bands && layer.bands) cut(sheets.bands, layer.bands, 0, (band - 1) * atlas.manifest.options.k + rank, part ?? ALL, at);
    else if (part && sheets.content) cut(sheets.content, layer.sprite, panel, rank, ALL, at);
    else cut(sheets.sprite, layer.sprite, panel, rank, part ?? ALL, at);
  }
}

const ALL = [0, 0, 1, 1] as const;

/** A whole image in a cell, grey around it where the field reaches beyond, the field marked. */
function drawWhole(pen: CanvasRenderingContext2D, photo: HTMLImageElement, [, height, width]: readonly [number, number, number], box: Box | null, [x, y, wide, tall]: readonly [number, number, number, number]): void {
  const [y0, x0, y1, x1] = box ?? [0, 0, height, width];
  const beyond = Math.min(width / 2, Math.max(0, -y0, -x0, y1 - height, x1 - width));
  const scale = Math.min(wide / (width + 2 * beyond), tall / (height + 2 * beyond));
  pen.save();
  pen.beginPath();
  pen.rect(x, y, wide, tall);
  pen.clip();
  pen.fillStyle = "#808080";
  pen.fillRect(x, y, wide, tall);
  pen.translate(x + (wide - scale * width) / 2, y + (tall - scale * height) / 2);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(photo, 0, 0, scale * width, scale * height);
  for (const [colour, line] of [["#0008", 4], ["#ffd34d", 2]] as const) {
    [pen.strokeStyle, pen.lineWidth] = [colour, line];
    pen.strokeRect(scale * x0, scale * y0, scale * (x1 - x0), scale * (y1 - y0));
  }
  pen.restore();
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

const planOf = (layer: LayerEntry, unit: UnitData, view: View, below = 0): Plan => placed(layer.sprite.columns, unit.images.length, layer.sprite.width * layer.tile.enlarge, layer.sprite.height * layer.tile.enlarge, below, view);

/** The figure of a unit as it is seen, without words. Throws NotReadable where pixels are kept back. */
export async function drawFigure(atlas: Atlas, layer: LayerEntry, unit: UnitData, seen: Seen): Promise<HTMLCanvasElement> {
  const sheets = await sheetsOf(atlas, layer, unit, seen);
  const plan = planOf(layer, unit, seen.view);
  const { canvas, pen } = blank(plan.width, plan.height);
  drawCells(pen, atlas, sheets, layer, unit, plan, seen);
  return canvas;
}

/** The longest of 1, 2, 5, 10 ... pixels that is at most half of a length: what a bar of scale stands for. */
export function barOf(length: number): number {
  const tens = 10 ** Math.floor(Math.log10(Math.max(2, length) / 2));
  return tens * ([5, 2, 1].find((times) => times * tens <= length / 2) ?? 1);
}

/** What is written above and below a unit's figure. */
export function wordsOf({ manifest }: Pick<Atlas, "manifest">, layer: LayerEntry, unit: UnitData, { view, reach, band }: Seen): { title: string; about: string; caption: string } {
  const { model, data, options } = manifest;
  const both = view === "both";
  const cuts = { part: "cut to where the projection is, as wide as said", field: "each cut where it does so", whole: "where it does so marked" }[reach];
  const photos = `${both ? "Left: the" : "The"} ${many(unit.images.length, "image")} of ${data.count} that excite the unit most, ${cuts}${band ? `, band ${band} alone` : ""}, above its activation. `;
  const taken = `${both ? "Right: what it takes from each" : `What it takes from each of the ${many(unit.images.length, "image")} of ${data.count} that excite it most${reach === "part" ? ", cut to where that is" : ""}`}, by the rule ${options.rule}: mid-grey is zero, black and white are ± the number below. `;
  return {
    title: [`${layer.name}:${unit.channel}`, unit.name].filter(Boolean).join("  "),
    about: `${model.name} · ${layer.op} · ${shapeOf(layer)} · receptive field ${fieldOf(layer)}`,
    caption: `${view === "projections" ? "" : photos}${view === "photos" ? "" : taken}Made with convscope.`,
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

/** The figure as it is seen, with name, layer, caption and scale, at twice the size of the page. Throws NotReadable as `drawFigure`. */
export async function drawTitled(atlas: Atlas, layer: LayerEntry, unit: UnitData, seen: Seen): Promise<HTMLCanvasElement> {
  const sheets = await sheetsOf(atlas, layer, unit, seen);
  const plan = planOf(layer, unit, seen.view, BELOW);
  const wide = Math.max(plan.width, 420);
  const words = wordsOf(atlas, layer, unit, seen);
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
  drawCells(pen, atlas, sheets, layer, unit, plan, seen);
  [pen.font, pen.fillStyle] = INK.caption;
  const [width, height] = [layer.sprite.width * layer.tile.enlarge, layer.sprite.height * layer.tile.enlarge];
  const part = (rank: number): number | null => (seen.reach === "part" && partOf(unit, rank)?.[3]) || null;
  const across = layer.field?.size[1] ?? atlas.manifest.model.input[2];
  for (const { rank, panel, x, y } of plan.cells) {
    const scale = (part(rank) !== null && sheets.content && unit.partScales?.[rank]) || unit.scales[rank];
    const told = panel ? `±${short(scale)}` : short(unit.values[rank]);
    // Parts are of different sizes: no bar could stand for all of them.
    pen.fillText(seen.reach === "part" && (panel === 0 || seen.view === "projections") ? `${told} · ${Math.round((part(rank) ?? 1) * across)} px` : told, x, y + height + 12, width);
  }
  if (seen.reach !== "part") {
    const length = seen.reach === "whole" && sheets.whole ? atlas.manifest.model.input[2] : across;
    const bar = barOf(length);
    pen.fillRect(0, plan.height + 7, (bar * width) / length, 2);
    pen.fillText(`${bar} px of the image`, (bar * width) / length + 7, plan.height + 12);
  }
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
export function svgOf(figure: string, size: { width: number; height: number }, layer: LayerEntry, unit: UnitData, view: View = "both"): string {
  const height = layer.sprite.height * layer.tile.enlarge;
  const plan = planOf(layer, unit, view);
  const numbers = plan.cells
    .filter((cell) => cell.panel === (view === "projections" ? 1 : 0))
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
