import { useState } from "preact/hooks";
import type { Mistake } from "./data";
import { usePage } from "./data";
import { Picture } from "./parts";

/** What covering each place does: the heat over the photo, and under the pointer the square with what is answered then. */
export function Covering({ mistake }: { mistake: Mistake }) {
  const { manifest, name, number } = usePage();
  const [rows, columns] = manifest.grid.shape;
  const first = manifest.boxes.findIndex((box) => box.join() === mistake.box?.join());
  const [at, move] = useState<number | null>(null);
  const [heat, show] = useState(true);
  const place = at ?? Math.max(first, 0);
  const [row, column] = [Math.floor(place / columns), place % columns];
  const box = manifest.boxes[place] ?? null;
  const after = mistake.answers[place] ?? mistake.a;
  const right = mistake.answers.filter((answer) => answer === mistake.t).length;
  const folder = `pictures/${mistake.key}`;
  const point = (event: PointerEvent): void => {
    const frame = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [height, width] = manifest.grid.image;
    const y = ((event.clientY - frame.top) / frame.height) * height;
    const x = ((event.clientX - frame.left) / frame.width) * width;
    // The square whose middle is nearest.
    const far = manifest.boxes.map(([y0, x0, y1, x1]) => (y - (y0 + y1) / 2) ** 2 + (x - (x0 + x1) / 2) ** 2);
    move(far.indexOf(Math.min(...far)));
  };
  return (
    <figure class="covering">
      <figcaption>Covering: red takes the mistake away, blue adds to it</figcaption>
      <div class="pointed" onPointerMove={point} onPointerLeave={() => move(null)}>
        <Picture path={`${folder}/photo.webp`} over={heat ? `${folder}/heat.webp` : null} square={box} label="Photo with what covering each place does" />
      </div>
      <output class="covered" aria-live="polite">
        With this square covered: <b class={after === mistake.t ? "mended" : ""}><bdi>{name(after)}</bdi></b>, {manifest.kind === "values" ? "off by" : "contrast"} {number(mistake.contrast)} → {number(mistake.places[place] ?? null)}
      </output>
      <div class="sliders">
        <label>
          down <input type="range" min="0" max={rows - 1} value={row} onInput={(event) => move(Number(event.currentTarget.value) * columns + column)} />
        </label>
        <label>
          across <input type="range" min="0" max={columns - 1} value={column} onInput={(event) => move(row * columns + Number(event.currentTarget.value))} />
        </label>
        <label>
          <input type="checkbox" checked={heat} onInput={(event) => show(event.currentTarget.checked)} /> heat
        </label>
      </div>
      <p class="hint">
        {right > 0 ? `At ${right} of ${mistake.answers.length} places the answer is right.` : "At no place is the answer right."} The square is {manifest.grid.size.join(" × ")} pixels, {manifest.fill}.
      </p>
    </figure>
  );
}
