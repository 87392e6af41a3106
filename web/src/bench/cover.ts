// What covers parts of a photo, as it is drawn: stamps of a square, or of a brush.

import { reduced } from "./draw";
import type { Cover, Fill, Pair } from "./state";

type Brush = CanvasRenderingContext2D;

/** The stamps of what covers, as a path. */
export function stamps(at: Pair[], size: number, disc: boolean, scale: number): Path2D {
  const found = new Path2D();
  for (const [y, x] of at) {
    if (disc) {
      found.moveTo((x + size / 2) * scale, y * scale);
      found.arc(x * scale, y * scale, (size / 2) * scale, 0, 7);
    } else found.rect(Math.round(x - size / 2) * scale, Math.round(y - size / 2) * scale, size * scale, size * scale);
  }
  return found;
}

const means = new WeakMap<ImageBitmap, string>();

function meanOf(photo: ImageBitmap): string {
  const known = means.get(photo);
  if (known) return known;
  const one = new OffscreenCanvas(1, 1);
  const brush = one.getContext("2d") as OffscreenCanvasRenderingContext2D;
  brush.imageSmoothingQuality = "high";
  brush.drawImage(photo, 0, 0, 1, 1);
  const [r, g, b] = brush.getImageData(0, 0, 1, 1).data;
  const mean = `rgb(${r},${g},${b})`;
  means.set(photo, mean);
  return mean;
}

/** Fills stamps that lie over a photo. */
export function fillStamps(brush: Brush, photo: ImageBitmap, shape: Path2D, fill: Fill, grey: string, size: number, scale: number): void {
  brush.save();
  if (fill === "blur") {
    const { width, height } = brush.canvas;
    brush.clip(shape);
    brush.drawImage(reduced(photo, width, height, (size / 2) * (width / photo.width)), 0, 0, photo.width * scale, photo.height * scale);
  } else {
    brush.fillStyle = fill === "grey" ? grey : meanOf(photo);
    brush.fill(shape);
  }
  brush.restore();
}

/** The photo with what covers it, in its own pixels: itself where nothing does. */
export function covered(photo: ImageBitmap, cover: Cover | null, grey: readonly number[]): ImageBitmap | HTMLCanvasElement {
  if (!cover) return photo;
  const canvas = document.createElement("canvas");
  canvas.width = photo.width;
  canvas.height = photo.height;
  const brush = canvas.getContext("2d") as Brush;
  brush.drawImage(photo, 0, 0);
  fillStamps(brush, photo, stamps(cover.at, cover.size, cover.shape === "disc", 1), cover.fill, `rgb(${grey.join(",")})`, cover.size, 1);
  return canvas;
}
