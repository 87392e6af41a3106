// A unit as files for people: its figure as PNG and SVG, its numbers as JSON, and how to cite it.

import type { Atlas } from "./store";
import { fill } from "./store";
import type { LayerEntry, UnitData, UnitShard } from "./types";
import { short } from "./words";

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

/** Where the cells of the figure lie: photos left, projections right, as in the paper's Fig. 2. */
export function placed(columns: number, count: number, width: number, height: number): { cells: Placed[]; width: number; height: number } {
  const rows = Math.ceil(count / columns);
  const block = columns * width + (columns - 1) * GAP;
  const cells = [0, 1].flatMap((panel) =>
    Array.from({ length: count }, (_, rank) => ({
      rank,
      panel,
      x: panel * (block + BETWEEN) + (rank % columns) * (width + GAP),
      y: Math.floor(rank / columns) * (height + GAP),
    })),
  );
  return { cells, width: 2 * block + BETWEEN, height: rows * (height + GAP) - GAP };
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

/** The figure of a unit, each pixel of a small patch enlarged to a square. Throws NotReadable where pixels are kept back. */
export async function drawFigure(atlas: Atlas, layer: LayerEntry, unit: UnitData): Promise<HTMLCanvasElement> {
  const image = await picture(await readable(atlas, layer, unit.channel));
  const { sprite, tile } = layer;
  const [width, height] = [sprite.width * tile.enlarge, sprite.height * tile.enlarge];
  const plan = placed(sprite.columns, unit.images.length, width, height);
  const canvas = document.createElement("canvas");
  canvas.width = plan.width;
  canvas.height = plan.height;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, plan.width, plan.height);
  pen.imageSmoothingEnabled = false;
  for (const { rank, panel, x, y } of plan.cells) {
    const left = (panel * sprite.columns + (rank % sprite.columns)) * sprite.pitchX;
    const top = Math.floor(rank / sprite.columns) * sprite.pitchY;
    pen.drawImage(image, left, top, sprite.width, sprite.height, x, y, width, height);
  }
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
  const { sprite, tile } = layer;
  const [width, height] = [sprite.width * tile.enlarge, sprite.height * tile.enlarge];
  const plan = placed(sprite.columns, unit.images.length, width, height);
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

/** HTML that shows a unit, its examples alone, within another page. */
export const embedding = (link: string, title: string): string =>
  `<iframe src="${escape(link)}?embed=1" title="${escape(title)}" width="100%" height="560" loading="lazy" style="border:0"></iframe>`;

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
