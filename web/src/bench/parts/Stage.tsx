import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useBench } from "../bench";
import { fillStamps, stamps } from "../cover";
import { context, reduced } from "../draw";
import type { Pair } from "../state";

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The photo, to be covered or cropped by dragging; the handle does the same by keys. */
export function Stage({ busy }: { busy: number | null }) {
  const { held, chosen, choose, about } = useBench();
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [side, setSide] = useState(0);
  const [spot, setSpot] = useState<Pair>([Math.round(about.input[1] / 2), Math.round(about.input[2] / 2)]);
  const from = useRef<{ at: Pair; moved: Pair } | null>(null);
  const cropping = chosen.tool === "crop";
  useLayoutEffect(() => {
    const box = frame.current;
    if (!box) return;
    const seen = new ResizeObserver(() => setSide(box.clientWidth));
    seen.observe(box);
    setSide(box.clientWidth);
    return () => seen.disconnect();
  }, []);
  const photo = cropping ? held?.whole : held?.crop;
  const scale = photo ? side / photo.width : 1;
  useLayoutEffect(() => {
    if (!canvas.current || !photo || !held || side < 1) return;
    const brush = context(canvas.current, side, photo.height * scale);
    if (!brush) return;
    // Enlarged once: a square that is dragged draws the photo again and again.
    brush.drawImage(reduced(photo, canvas.current.width, canvas.current.height), 0, 0, side, photo.height * scale);
    if (cropping) {
      const [y, x, height, width] = frameOf(held.told, chosen.moved);
      const around = new Path2D();
      around.rect(0, 0, side, photo.height * scale);
      around.rect(x * scale, y * scale, width * scale, height * scale);
      brush.fillStyle = "rgba(0,0,0,.55)";
      brush.fill(around, "evenodd");
    } else if (chosen.cover.length) {
      const grey = `rgb(${about.grey.join(",")})`;
      fillStamps(brush, photo, stamps(chosen.cover, chosen.size, chosen.tool === "brush", scale), chosen.fill, grey, chosen.size, scale);
    }
  }, [photo, side, scale, chosen.cover, chosen.size, chosen.fill, chosen.tool, chosen.moved[0], chosen.moved[1]]);
  if (!held || !photo) return <div ref={frame} class="stage" />;

  const place = (event: PointerEvent): Pair => {
    const box = (canvas.current as HTMLCanvasElement).getBoundingClientRect();
    return [
      clamp(Math.round(((event.clientY - box.top) / box.height) * photo.height), 0, photo.height),
      clamp(Math.round(((event.clientX - box.left) / box.width) * photo.width), 0, photo.width),
    ];
  };
  const move = (moved: Pair): void => {
    const [down, right] = held.told.rooms.map(([least, most], axis) => clamp(moved[axis] as number, least, most)) as Pair;
    choose({ moved: [down, right], cover: [] });
  };
  const press = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const at = place(event);
    from.current = { at, moved: chosen.moved };
    if (!cropping) choose({ cover: chosen.tool === "brush" ? [...chosen.cover, at] : [at] });
    frame.current?.querySelector("button")?.focus({ preventScroll: true });
    event.preventDefault();
  };
  const drag = (event: PointerEvent): void => {
    const start = from.current;
    if (!start) return;
    const at = place(event);
    if (cropping) move([start.moved[0] - start.at[0] + at[0], start.moved[1] - start.at[1] + at[1]]);
    else if (chosen.tool === "square") choose({ cover: [at] });
    else choose({ cover: [...chosen.cover, ...between(chosen.cover.at(-1) ?? at, at, chosen.size)].slice(-4000) });
    setSpot(at);
  };
  const release = (): void => {
    from.current = null;
  };
  const here = cropping ? chosen.moved : chosen.tool === "brush" ? spot : (chosen.cover[0] ?? spot);
  const step = (event: KeyboardEvent): void => {
    const by = event.shiftKey ? 8 : 1;
    const way = { ArrowUp: [-by, 0], ArrowDown: [by, 0], ArrowLeft: [0, -by], ArrowRight: [0, by] }[event.key];
    if (way) {
      const to: Pair = [here[0] + (way[0] as number), here[1] + (way[1] as number)];
      const inside: Pair = [clamp(to[0], 0, photo.height), clamp(to[1], 0, photo.width)];
      if (cropping) move(to);
      else if (chosen.tool === "square") choose({ cover: [inside] });
      else setSpot(inside);
    } else if ((event.key === " " || event.key === "Enter") && !cropping) {
      choose({ cover: chosen.tool === "brush" ? [...chosen.cover, here] : [here] });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const [y, x, height, width] = cropping
    ? frameOf(held.told, chosen.moved)
    : [here[0] - chosen.size / 2, here[1] - chosen.size / 2, chosen.size, chosen.size];
  const words = cropping
    ? `The crop, moved ${chosen.moved[0]} down and ${chosen.moved[1]} right`
    : `${chosen.tool === "brush" ? "The brush" : "The covering square"} at row ${here[0]}, column ${here[1]}${chosen.cover.length ? "" : ", covering nothing yet"}`;
  return (
    <div ref={frame} class="stage" onPointerDown={press} onPointerMove={drag} onPointerUp={release} onPointerCancel={release}>
      <canvas ref={canvas} role="img" aria-label={`${held.told.name}, as the network sees it`} />
      <button
        id="handle"
        type="button"
        class="handle"
        data-idle={!cropping && !chosen.cover.length}
        data-disc={chosen.tool === "brush"}
        style={{ transform: `translate(${x * scale}px,${y * scale}px)`, height: `${height * scale}px`, width: `${width * scale}px` }}
        aria-label={`${words}. The arrow keys move it.`}
        onKeyDown={step}
      />
      {busy !== null && busy > 0.05 && busy < 1 && <progress class="stage-busy" value={busy} aria-label="The network computes" />}
    </div>
  );
}

function frameOf(told: { crop: [number, number, number, number] }, moved: Pair): [number, number, number, number] {
  const [top, left, height, width] = told.crop;
  return [top + moved[0], left + moved[1], height, width];
}

/** The stamps of a stroke from one place to another. */
function between(a: Pair, b: Pair, size: number): Pair[] {
  const count = Math.max(1, Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1]) / Math.max(1, size / 4)));
  return Array.from({ length: count }, (_, n) => [0, 1].map((axis) => Math.round((a[axis] as number) + (((b[axis] as number) - (a[axis] as number)) * (n + 1)) / count)) as Pair);
}
