import { useRef } from "preact/hooks";
import { short } from "../words";

const BINS = 28;
const [WIDTH, HEIGHT] = [140, 26];

interface Props {
  values: number[];
  least: number;
  most: number;
  low: number | null;
  high: number | null;
  change: (low: number | null, high: number | null) => void;
}

/** Which of the equally wide bins between two values a value is in; null where there is but one value. */
export function binOf(value: number, least: number, most: number, bins: number): number | null {
  if (!(most > least)) return null;
  return Math.max(0, Math.min(bins - 1, Math.floor(((value - least) / (most - least)) * bins)));
}

/** How the strongest responses of the units that the other filters leave are spread; dragging chooses a range of them. */
export function Spread({ values, least, most, low, high, change }: Props) {
  // The bin in which a drag began, and where the picture was then: what a range leaves may move it from under the pointer.
  const from = useRef<{ bin: number; box: DOMRect } | null>(null);
  if (!(most > least)) return null;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = binOf(value, least, most, BINS);
    if (bin !== null) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const top = Math.max(...counts, 1);
  const edge = (bin: number): number => least + ((most - least) * bin) / BINS;
  const at = (event: PointerEvent, box: DOMRect): number => Math.max(0, Math.min(BINS - 1, Math.floor(((event.clientX - box.left) / box.width) * BINS)));
  const choose = (event: PointerEvent): void => {
    if (from.current === null) return;
    const bin = at(event, from.current.box);
    const [first, last] = [Math.min(from.current.bin, bin), Math.max(from.current.bin, bin)];
    // Rounded outwards: what is drawn within the range is within it.
    change(first === 0 ? null : Number(edge(first).toPrecision(4)), last === BINS - 1 ? null : Number(edge(last + 1).toPrecision(4)));
  };
  const within = (bin: number): boolean => (low === null || edge(bin + 1) > low) && (high === null || edge(bin) < high);
  return (
    <svg
      class="spread"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-hidden="true"
      onPointerDown={(event) => {
        const own = event.currentTarget as Element;
        own.setPointerCapture(event.pointerId);
        const box = own.getBoundingClientRect();
        from.current = { bin: at(event, box), box };
        choose(event);
      }}
      onPointerMove={choose}
      onPointerUp={() => {
        from.current = null;
      }}
    >
      <title>Drag to choose a range</title>
      <rect class="ground" width={WIDTH} height={HEIGHT} />
      {counts.map((count, bin) => {
        const height = count ? Math.max(1.5, (HEIGHT - 2) * Math.sqrt(count / top)) : 0;
        return (
          <rect key={bin} class={within(bin) ? "bar" : "bar out"} x={(bin * WIDTH) / BINS + 0.5} y={HEIGHT - height} width={WIDTH / BINS - 1} height={height}>
            <title>{`${short(edge(bin))} to ${short(edge(bin + 1))}: ${count}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
