import { useState } from "preact/hooks";
import type { Atlas } from "../store";
import { fill, useAtlas, usePicture } from "../store";
import type { Box, Grid } from "../types";
import type { Region } from "./Tile";

interface Props {
  image: number;
  name: string;
  box?: Box | null;
  /** The part of the box where the projection is, marked too. */
  part?: Box | null;
  /** What is shown of it all. */
  region?: Region;
  from?: Atlas | null;
  /** Side in CSS pixels where it is one of several, within something that has a name. */
  square?: number;
  /** What is laid over the part: a projection, one cell of a picture. */
  over?: Over | null;
}

export interface Over {
  path: string;
  grid: Grid;
  cell: number;
}

export function imagePath(atlas: Atlas, image: number): string | null {
  const path = atlas.manifest.paths.image;
  return path === null ? null : fill(path, { image, thousand: Math.floor(image / 1000) });
}

/** An image as the network sees it, with a receptive field marked; the field may reach beyond the image. */
export function WholeImage({ image, name, box, part = null, region = [0, 0, 1], from = null, square, over = null }: Props) {
  const own = useAtlas();
  const atlas = from ?? own;
  const [, height, width] = atlas.manifest.model.input;
  const url = usePicture(imagePath(atlas, image), from);
  const [failed, fail] = useState<string | null>(null);
  const there = url !== undefined && url !== failed;
  const [y0, x0, y1, x1] = box ?? [0, 0, height, width];
  const margin = box ? Math.min(width / 2, Math.max(0, -y0, -x0, y1 - height, x1 - width)) : 0;
  const [across, down] = [width + 2 * margin, height + 2 * margin];
  const view = [region[1] * across - margin, region[0] * down - margin, region[2] * across, region[2] * down].join(" ");
  const words = square ? ({ "aria-hidden": true, style: { width: `${square}px`, height: `${square}px` } } as const) : ({ role: "img", "aria-label": `Whole image ${name}${box ? ", receptive field marked" : ""}` } as const);
  return (
    <svg class="whole" viewBox={view} {...words}>
      <rect class="beyond" x={-margin} y={-margin} width={width + 2 * margin} height={height + 2 * margin} />
      {there ? (
        <image href={url} width={width} height={height} preserveAspectRatio="none" onError={() => fail(url)} />
      ) : (
        <>
          <rect class="missing" width={width} height={height} />
          {(url !== undefined || atlas.manifest.paths.image === null) && (
            <text x={width / 2} y={height / 2} font-size={height / 14} text-anchor="middle">
              {url === undefined ? "whole images are not kept" : "image is missing"}
            </text>
          )}
        </>
      )}
      {box && (
        <>
          <path
            class="shade"
            fill-rule="evenodd"
            d={`M${-margin} ${-margin}h${width + 2 * margin}v${height + 2 * margin}h${-width - 2 * margin}z M${x0} ${y0}h${x1 - x0}v${y1 - y0}h${x0 - x1}z`}
          />
          {over && part && <Laid {...over} box={part} />}
          <rect class="field-halo" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
          <rect class="field" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
          {part && part[2] - part[0] < y1 - y0 && <rect class="part" x={part[1]} y={part[0]} width={part[3] - part[1]} height={part[2] - part[0]} />}
        </>
      )}
    </svg>
  );
}

/** A cell of a picture laid over a part of an image. */
function Laid({ path, grid, cell, box: [y0, x0, y1, x1] }: Over & { box: Box }) {
  const url = usePicture(path);
  const [x, y] = [(cell % grid.columns) * grid.pitchX, Math.floor(cell / grid.columns) * grid.pitchY];
  // Half a pixel less on all sides: enlarged smoothly, a border is mixed with what is beside it.
  return (
    <svg class="laid" x={x0} y={y0} width={x1 - x0} height={y1 - y0} viewBox={`${x + 0.5} ${y + 0.5} ${grid.width - 1} ${grid.height - 1}`} preserveAspectRatio="none">
      {url && <image href={url} width={grid.panels * grid.columns * grid.pitchX} height={grid.rows * grid.pitchY} />}
    </svg>
  );
}

/** A whole image, small. */
export function Thumb({ image, side }: { image: number; side: number }) {
  const url = usePicture(imagePath(useAtlas(), image));
  return url ? <img class="small-image" src={url} alt="" width={side} height={side} loading="lazy" /> : <span class="tile none" style={{ width: `${side}px`, height: `${side}px` }} />;
}

/** A part of an image cut out of the whole, for patches that are not kept in a file of their own. */
export function Cut({ image, box, label }: { image: number; box: Box; label?: string }) {
  const atlas = useAtlas();
  const [, height, width] = atlas.manifest.model.input;
  const url = usePicture(imagePath(atlas, image));
  const [y0, x0, y1, x1] = box;
  const words = label ? ({ role: "img", "aria-label": label } as const) : ({ "aria-hidden": true } as const);
  return (
    <svg class={y1 - y0 < 40 ? "cut sharp" : "cut"} viewBox={`${x0} ${y0} ${x1 - x0} ${y1 - y0}`} {...words}>
      <rect class="beyond" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
      {url && <image href={url} width={width} height={height} preserveAspectRatio="none" />}
    </svg>
  );
}
