// Pictures from what the server says: photos as bitmaps, maps laid over them, patches cut out of them.

import type { Box, PhotoTold, UnitTold } from "./types";
import type { Pair } from "./state";

export type Picture = ImageBitmap;

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** The bitmap of a PNG in base64. */
export const bitmap = (png: string): Promise<Picture> => createImageBitmap(new Blob([bytesOf(png)], { type: "image/png" }));

/** The crop of a photo, as the network sees it. */
export function cropped(whole: Picture, told: PhotoTold, moved: Pair): Promise<Picture> {
  const [top, left, height, width] = told.crop;
  const [down, right] = [0, 1].map((axis) => {
    const [least, most] = told.rooms[axis] as Pair;
    return Math.min(Math.max(moved[axis] as number, least), most);
  }) as Pair;
  return createImageBitmap(whole, left + right, top + down, width, height);
}

/** A canvas of a size in CSS pixels, sharp on any screen; null where there is none. */
export function context(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const scale = Math.min(2, window.devicePixelRatio || 1);
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const found = canvas.getContext("2d");
  found?.setTransform(w / width, 0, 0, h / height, 0, 0);
  return found;
}

const small = new WeakMap<Picture, Map<string, HTMLCanvasElement>>();

/** The photo in a size of the screen's pixels, made once for all that show it so; `blur` in its pixels. */
export function reduced(photo: Picture, width: number, height: number, blur = 0): HTMLCanvasElement {
  const made = small.get(photo) ?? new Map<string, HTMLCanvasElement>();
  small.set(photo, made);
  const key = `${width} ${height} ${blur}`;
  const known = made.get(key);
  if (known) return known;
  if (made.size >= SIZES) made.clear(); // a window that is drawn wider
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const brush = canvas.getContext("2d") as CanvasRenderingContext2D;
  brush.imageSmoothingQuality = "high";
  if (blur) brush.filter = `blur(${blur}px)`;
  brush.drawImage(photo, 0, 0, width, height);
  made.set(key, canvas);
  return canvas;
}

const SIZES = 16;

/** How dark a level is, as a black pixel: nothing at 255, most at 0. */
const DARK = Uint32Array.from({ length: 256 }, (_, level) => {
  const opacity = Math.round(200 * (1 - level / 255) ** 1.2);
  return new Uint32Array(new Uint8Array([0, 0, 0, opacity]).buffer)[0] as number;
});

const shades = new Map<string, [HTMLCanvasElement, CanvasRenderingContext2D, ImageData, Uint32Array]>();

/** Levels (rows, columns) as a shade: nothing where they are 255, dark where they are 0. */
function shadeOf(levels: ArrayLike<number>, rows: number, columns: number): HTMLCanvasElement {
  const key = `${rows} ${columns}`;
  let known = shades.get(key); // one for all maps of a size: it is drawn elsewhere at once
  if (!known) {
    if (shades.size >= SIZES) shades.clear();
    const canvas = document.createElement("canvas");
    canvas.width = columns;
    canvas.height = rows;
    const brush = canvas.getContext("2d") as CanvasRenderingContext2D;
    const image = brush.createImageData(columns, rows);
    known = [canvas, brush, image, new Uint32Array(image.data.buffer)];
    shades.set(key, known);
  }
  const [canvas, brush, image, pixels] = known;
  for (let i = 0; i < rows * columns; i++) pixels[i] = DARK[Math.round(levels[i] as number)] as number;
  brush.putImageData(image, 0, 0);
  return canvas;
}

/** The photo, bright where a map is strong and dark elsewhere. */
export function lit(canvas: HTMLCanvasElement, photo: Picture, unit: UnitTold, width: number): void {
  const height = (width * photo.height) / photo.width;
  const brush = context(canvas, width, height);
  if (!brush) return;
  brush.drawImage(reduced(photo, canvas.width, canvas.height), 0, 0, width, height);
  if (unit.map) {
    const [rows, columns, text] = unit.map;
    const levels = bytesOf(text);
    brush.drawImage(shadeOf(levels, rows, columns), 0, 0, width, height);
  } else {
    brush.fillStyle = "rgba(0,0,0,.5)";
    brush.fillRect(0, 0, width, height);
  }
}

/** A box of the photo; grey where it reaches beyond. */
export function patch(canvas: HTMLCanvasElement, photo: Picture | HTMLCanvasElement, box: Box, side: number): void {
  const [y0, x0, y1, x1] = box;
  const scale = side / Math.max(y1 - y0, x1 - x0, 1);
  const brush = context(canvas, (x1 - x0) * scale, (y1 - y0) * scale);
  if (!brush) return;
  brush.fillStyle = "#808080";
  brush.fillRect(0, 0, (x1 - x0) * scale, (y1 - y0) * scale);
  brush.imageSmoothingEnabled = scale < 3;
  brush.drawImage(photo, -x0 * scale, -y0 * scale, photo.width * scale, photo.height * scale);
}

/** A picture as large as asked for, its pixels as squares where they are few. */
export function enlarged(canvas: HTMLCanvasElement, picture: Picture, side: number): void {
  const scale = side / Math.max(picture.width, picture.height, 1);
  const brush = context(canvas, picture.width * scale, picture.height * scale);
  if (!brush) return;
  brush.imageSmoothingEnabled = scale < 3;
  brush.drawImage(picture, 0, 0, picture.width * scale, picture.height * scale);
}

/** A sweep as far as it has grown over the photo: bright where covering takes most away. */
export function swept(
  canvas: HTMLCanvasElement,
  photo: Picture,
  cells: { rows: (number[] | undefined)[]; columns: number; size: Pair; stride: Pair },
  width: number,
): void {
  const height = (width * photo.height) / photo.width;
  const brush = context(canvas, width, height);
  if (!brush) return;
  brush.drawImage(photo, 0, 0, width, height);
  const all = cells.rows.length;
  const levels = cells.rows.flatMap((row) => row ?? Array<number>(cells.columns).fill(0));
  const scale = width / photo.width;
  const [dy, dx] = [0, 1].map((axis) => ((cells.size[axis] as number) - (cells.stride[axis] as number)) / 2) as Pair;
  brush.fillStyle = "rgba(0,0,0,.84)";
  const [w, h] = [cells.columns * cells.stride[1] * scale, all * cells.stride[0] * scale];
  const [x, y] = [dx * scale, dy * scale];
  // Beyond the grid's middle points: as dark as nothing.
  brush.fillRect(0, 0, width, y);
  brush.fillRect(0, y + h, width, height - y - h);
  brush.fillRect(0, y, x, h);
  brush.fillRect(x + w, y, width - x - w, h);
  brush.imageSmoothingEnabled = cells.stride[0] * scale < 12;
  brush.drawImage(shadeOf(levels, all, cells.columns), x, y, w, h);
}
