import { short } from "../words";

interface Props {
  edges: number[];
  first: number;
  counts: number[];
  /** Values to mark, such as the nine strongest responses. */
  marks?: (number | null)[];
  title: string;
  /** Where a bin leads, by its two edges; null where there is nothing of it to see. */
  link?: (low: number, high: number) => string | null;
}

const WIDTH = 480;
const HEIGHT = 120;
const FOOT = 18;

/** Where a value lies along the bins, from 0 at the first edge to the number of bins; bins are equally wide. */
export function alongBins(edges: number[], value: number): number {
  if (value <= (edges[0] ?? 0)) return 0;
  for (let i = 1; i < edges.length; i += 1) {
    const low = edges[i - 1] as number;
    const high = edges[i] as number;
    if (value < high) return Number.isFinite(high - low) ? i - 1 + (value - low) / (high - low) : i - 0.5;
  }
  return edges.length - 1;
}

/** Counts of images by their strongest response: bins of the scan, equally wide, heights by square root. */
export function Histogram({ edges, first, counts, marks = [], title, link }: Props) {
  if (!counts.length) return <p class="quiet">No responses.</p>;
  const shown = edges.slice(first, first + counts.length + 1);
  const step = WIDTH / counts.length;
  const most = Math.max(...counts);
  const tall = HEIGHT - FOOT;
  const at = (value: number): number => alongBins(shown, value) * step;
  const middle = shown[Math.round(counts.length / 2)];
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (
    <svg class="histogram" viewBox={`0 0 ${WIDTH} ${HEIGHT + 14}`} role={link ? "group" : "img"} aria-label={`${title}: ${total} images, from ${short(shown[0])} to ${short(shown.at(-1))}`}>
      {counts.map((count, i) => {
        const height = count ? Math.max(1.5, tall * Math.sqrt(count / most)) : 0;
        const words = `${short(shown[i])} to ${short(shown[i + 1])}: ${count}`;
        const bar = (
          <rect key={i} class="bar" x={i * step + 0.5} y={tall - height} width={Math.max(0.5, step - 1)} height={height}>
            <title>{words}</title>
          </rect>
        );
        const to = count && link ? link(shown[i] ?? 0, shown[i + 1] ?? 0) : null;
        return to === null ? (
          bar
        ) : (
          <a key={i} href={to} aria-label={`Responses ${words}`}>
            {bar}
            <rect class="reach" x={i * step} width={step} height={tall} />
          </a>
        );
      })}
      <line class="axis" x1="0" x2={WIDTH} y1={tall} y2={tall} />
      {marks.map((value, i) => value !== null && <path key={i} class="mark" d={`M${at(value)} ${tall + 2}l-2.5 9h5z`} />)}
      <text x="0" y={HEIGHT + 10}>{short(shown[0])}</text>
      <text x={WIDTH / 2} y={HEIGHT + 10} text-anchor="middle">{short(middle)}</text>
      <text x={WIDTH} y={HEIGHT + 10} text-anchor="end">{short(shown.at(-1))}</text>
    </svg>
  );
}
