import type { Atlas } from "../store";
import { fill, useAtlas, usePicture } from "../store";
import type { Box } from "../types";

interface Props {
  image: number;
  name: string;
  box?: Box | null;
  from?: Atlas | null;
}

export function imagePath(atlas: Atlas, image: number): string | null {
  const path = atlas.manifest.paths.image;
  return path === null ? null : fill(path, { image, thousand: Math.floor(image / 1000) });
}

/** An image as the network sees it, with a receptive field marked; the field may reach beyond the image. */
export function WholeImage({ image, name, box, from = null }: Props) {
  const own = useAtlas();
  const atlas = from ?? own;
  const [, height, width] = atlas.manifest.model.input;
  const url = usePicture(imagePath(atlas, image), from);
  const [y0, x0, y1, x1] = box ?? [0, 0, height, width];
  const margin = box ? Math.min(width / 2, Math.max(0, -y0, -x0, y1 - height, x1 - width)) : 0;
  const view = [-margin, -margin, width + 2 * margin, height + 2 * margin].join(" ");
  return (
    <svg class="whole" viewBox={view} role="img" aria-label={`Whole image ${name}${box ? ", receptive field marked" : ""}`}>
      <rect class="beyond" x={-margin} y={-margin} width={width + 2 * margin} height={height + 2 * margin} />
      {url ? <image href={url} width={width} height={height} preserveAspectRatio="none" /> : <rect class="missing" width={width} height={height} />}
      {box && (
        <>
          <path
            class="shade"
            fill-rule="evenodd"
            d={`M${-margin} ${-margin}h${width + 2 * margin}v${height + 2 * margin}h${-width - 2 * margin}z M${x0} ${y0}h${x1 - x0}v${y1 - y0}h${x0 - x1}z`}
          />
          <rect class="field-halo" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
          <rect class="field" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
        </>
      )}
    </svg>
  );
}

/** A part of an image cut out of the whole, for patches that are not kept in a file of their own. */
export function Cut({ image, box, label }: { image: number; box: Box; label: string }) {
  const atlas = useAtlas();
  const [, height, width] = atlas.manifest.model.input;
  const url = usePicture(imagePath(atlas, image));
  const [y0, x0, y1, x1] = box;
  return (
    <svg class={y1 - y0 < 40 ? "cut sharp" : "cut"} viewBox={`${x0} ${y0} ${x1 - x0} ${y1 - y0}`} role="img" aria-label={label}>
      <rect class="beyond" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
      {url && <image href={url} width={width} height={height} preserveAspectRatio="none" />}
    </svg>
  );
}
