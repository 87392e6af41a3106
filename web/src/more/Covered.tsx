import { useState } from "preact/hooks";
import { toImage } from "../route";
import { useAtlas, useData, usePicture } from "../store";
import type { Box, OcclusionData } from "../types";
import { baseName, short } from "../words";
import { Choice, Loading, Name, Section } from "../parts/small";
import { imagePath } from "../parts/WholeImage";

const middle = ([y0, x0, y1, x1]: Box): [number, number] => [(y0 + y1) / 2, (x0 + x1) / 2];

/** The square whose middle is nearest to a place. */
export function nearestTo(boxes: Box[], y: number, x: number): number {
  const far = boxes.map((box) => (middle(box)[0] - y) ** 2 + (middle(box)[1] - x) ** 2);
  return far.indexOf(Math.min(...far));
}

/** Where the cells of places begin and end along a side: halfway between their middles, and the first and last at its ends. */
export const edgesOf = (middles: number[], size: number): number[] => [0, ...middles.slice(1).map((at, i) => (at + (middles[i] as number)) / 2), size];

/** How much of what was lost by the worst square each square loses, and the first that is worst. */
export function losses(before: number | null, after: (number | null)[]): { share: number[]; worst: number } {
  const lost = after.map((value) => (before ?? 0) - (value ?? before ?? 0));
  const most = Math.max(...lost, 0);
  return { share: lost.map((one) => (most > 0 ? Math.max(0, one / most) : 0)), worst: lost.indexOf(Math.max(...lost)) };
}

/** What covering each place of an image does, place by place: pointed at, touched, or by the slider. */
export function Covered({ name, pictures }: { name: string; pictures: string[] }) {
  const { manifest } = useAtlas();
  const data = useData<OcclusionData>(`experiments/${name}`);
  const [row, turn] = useState(0);
  const [grid, follow] = useState("0");
  const [at, look] = useState<number | null>(null);
  const one = data.value?.images[row];
  const own = pictures.includes(`${row}.webp`) ? `experiments/${name}/${row}.webp` : null; // of images that the atlas does not have
  const path = imagePath(useAtlas(), one?.image ?? -1);
  const url = usePicture(one ? (one.image === null ? own : path) : null);
  if (data.error) return null;
  if (!data.value || !one) return <Loading what={name} />;
  const { boxes, shape, images } = data.value;
  const measured = one.grids[Number(grid)] ?? one.grids[0];
  if (!measured) return null;
  const [, height, width] = manifest.model.input;
  const { share, worst } = losses(measured.before, measured.after);
  const shown = at ?? worst;
  const box = boxes[shown] ?? [0, 0, 0, 0];
  const down = edgesOf(Array.from({ length: shape[0] }, (_, i) => middle(boxes[i * shape[1]] ?? box)[0]), height);
  const across = edgesOf(boxes.slice(0, shape[1]).map((one) => middle(one)[1]), width);
  const point = (event: PointerEvent): void => {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    look(nearestTo(boxes, ((event.clientY - frame.top) / frame.height) * height, ((event.clientX - frame.left) / frame.width) * width));
  };
  return (
    <Section class="panel wide covered" title="Place by place" note="The warmer a place, the more is lost where the square is laid over it. Point at one, touch it, or use the slider.">
      <div class="covered-pair">
        <svg class="whole" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${one.name}: the square at row ${box[0]}, column ${box[1]}`} onPointerMove={point} onPointerDown={point} onPointerLeave={(event) => event.pointerType === "mouse" && look(null)}>
          <rect class="beyond" width={width} height={height} />
          {url && <image href={url} width={width} height={height} preserveAspectRatio="none" />}
          {boxes.map((_, i) => {
            const [row, column] = [Math.floor(i / shape[1]), i % shape[1]];
            const [y, x] = [down[row] ?? 0, across[column] ?? 0];
            return <rect key={i} class="loss" x={x} y={y} width={(across[column + 1] ?? width) - x} height={(down[row + 1] ?? height) - y} opacity={0.75 * (share[i] ?? 0)} />;
          })}
          <rect class="field-halo" x={box[1]} y={box[0]} width={box[3] - box[1]} height={box[2] - box[0]} />
          <rect class="field" x={box[1]} y={box[0]} width={box[3] - box[1]} height={box[2] - box[0]} />
        </svg>
        <div class="covered-told">
          {images.length > 1 && (
            <label>
              Image{" "}
              <select value={row} onChange={(event) => turn(Number(event.currentTarget.value))}>
                {images.map((image, i) => (
                  <option key={i} value={i}>
                    {baseName(image.name)}
                  </option>
                ))}
              </select>
            </label>
          )}
          {one.grids.length > 1 && <Choice label="What is followed" value={grid} options={one.grids.map((of, i) => [String(i), of.of] as const)} change={follow} />}
          <p>
            <Name text={measured.of} plain />: <b class="figure">{short(measured.before)}</b> uncovered, <b class="figure">{short(measured.after[shown])}</b> with rows {box[0]} to {box[2]}, columns {box[1]} to {box[3]} covered{at === null && ", where it falls most"}.
          </p>
          <input type="range" min={0} max={boxes.length - 1} value={shown} onInput={(event) => look(Number(event.currentTarget.value))} aria-label="Place of the square" />
          {one.image !== null && (
            <p>
              <a href={toImage(one.image)}>What else excites units on this image</a>
            </p>
          )}
        </div>
      </div>
    </Section>
  );
}
