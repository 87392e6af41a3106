import { useEffect, useRef, useState } from "preact/hooks";
import { parseUnit, toUnit } from "../route";
import { layerNamed, layerOfUnit, useAtlas, usePicture } from "../store";
import type { Chart, ChartSeries } from "../types";
import { short } from "../words";
import { Name, Section, UnitWords } from "../parts/small";
import { imagePath } from "../parts/WholeImage";

const HEIGHT = 220;
const [LEFT, RIGHT, TOP, FOOT] = [44, 8, 8, 22];
const COLOURS = 8;

/** The least and the largest of all that is drawn; from zero where that is near. */
export function spanOf(series: readonly ChartSeries[]): [number, number] {
  const known = series.flatMap((one) => [...one.values, ...(one.low ?? []), ...(one.high ?? [])]).filter((value): value is number => value !== null);
  if (!known.length) return [0, 1];
  let [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  if (low > 0 && low < high - low) low = 0;
  if (high < 0 && -high < high - low) high = 0;
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

/** Round numbers within a span, some five of them, or as many as there is room for. */
export function ticksOf([low, high]: readonly [number, number], most = 5): number[] {
  const rough = (high - low) / most;
  const base = 10 ** Math.floor(Math.log10(rough));
  const step = base * ([1, 2, 5, 10].find((one) => one * base >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const WORD = 7; // pixels of a digit, at most

/** Round numbers across, as many as stand beside each other in so many pixels. */
export function spaced(span: readonly [number, number], room: number, whole = false): number[] {
  for (const most of [6, 5, 4, 3, 2]) {
    const found = ticksOf(span, most).filter((value) => !whole || Number.isInteger(value));
    const longest = Math.max(...found.map((value) => brief(value).length));
    if (found.length < 2 || ((found[1] as number) - (found[0] as number)) * (room / (span[1] - span[0])) >= WORD * longest + 12) return found;
  }
  return [];
}

/** Which colour each curve has: one that is to be compared with another has that one's. */
export function coloursOf(series: readonly ChartSeries[]): number[] {
  const measured = series.filter((one) => one.look === "measured");
  return series.map((one) => {
    const of = one.look === "measured" ? measured.indexOf(one) : measured.findIndex((other) => one.name.startsWith(other.name));
    return of < 0 ? COLOURS - 1 : of % COLOURS;
  });
}

/** A number where there is little room. */
const brief = (value: number): string => (Math.abs(value) >= 1e4 ? value.toLocaleString("en", { notation: "compact" }) : said(Number(value.toPrecision(3))));

/** A number with a minus of its own length. */
const said = (value: number | null | undefined): string => short(value).replace("-", "−");

/** A place across in words: "epoch 4", "60 px". */
const placed = (value: number | undefined, x: string): string => (/^(epoch|true)$/.test(x) ? `${x} ${said(value)}` : `${said(value)} ${x}`);

const interval = (one: ChartSeries, at: number): string => {
  const [low, high] = [one.low?.[at] ?? null, one.high?.[at] ?? null];
  return low === null || high === null || low === high ? "" : `${brief(low)} to ${brief(high)}`;
};

/** A unit by its name, which leads to it where it is in the atlas; other names as they are. */
export function Subject({ text }: { text: string }) {
  const atlas = useAtlas();
  const unit = parseUnit(text);
  return unit && layerOfUnit(atlas, unit.layer, unit.channel) ? <a href={toUnit(unit.layer, unit.channel)}><UnitWords unit={text} /></a> : <Name text={text} />;
}

export function ChartView({ chart }: { chart: Chart }) {
  const atlas = useAtlas();
  const { title } = chart;
  // The name of a layer is spelled as it is.
  const begins = layerNamed(atlas, title.split(": ")[0] ?? "") ? title : title.charAt(0).toUpperCase() + title.slice(1);
  return (
    <Section class={`panel chart ${chart.kind}`} title={begins} note={[chart.y, chart.x && `across: ${chart.x}`, chart.note].filter(Boolean).join(" · ")}>
      {chart.kind === "rows" ? <Rows chart={chart} /> : <Plot chart={chart} />}
    </Section>
  );
}

/** Where a value lies within a span, in per cent of it. */
const within = (value: number, [low, high]: readonly [number, number]): number => (100 * (value - low)) / (high - low);

function Rows({ chart }: { chart: Chart }) {
  const span = spanOf(chart.series);
  const colours = coloursOf(chart.series);
  return (
    <>
      <ol class="rows-of">
        {chart.at.map((name, at) => (
          <li key={at}>
            <Subject text={String(name)} />
            <div>
              {chart.series.map((one, i) => {
                const value = one.values[at] ?? null;
                if (value === null) return null;
                const [low, high] = [one.low?.[at] ?? null, one.high?.[at] ?? null];
                return (
                  <div key={i} class={`s${colours[i]} ${one.look}`} title={`${one.name}: ${short(value)}${interval(one, at) && `, ${interval(one, at)}`}`}>
                    <span class="track" aria-hidden="true">
                      {span[0] < 0 && span[1] > 0 && <i class="zero" style={{ left: `${within(0, span)}%` }} />}
                      {low !== null && high !== null && <i class="interval" style={{ left: `${within(low, span)}%`, right: `${100 - within(high, span)}%` }} />}
                      <i class="dot" style={{ left: `${within(value, span)}%` }} />
                    </span>
                    <span class="number">
                      <span class="heard">{one.name} </span>
                      {brief(value)} <small>{interval(one, at)}</small>
                    </span>
                  </div>
                );
              })}
            </div>
          </li>
        ))}
      </ol>
      {(chart.series.length > 1 || chart.series.some((one) => one.look === "compared")) && (
        <p class="legend">
          {chart.series.map((one, i) => (
            <span key={i} class={`s${colours[i]} ${one.look}`}>
              <i class="swatch" /> {one.name}
            </span>
          ))}
        </p>
      )}
    </>
  );
}

function Plot({ chart }: { chart: Chart }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, measure] = useState(480);
  const [looked, look] = useState<number | null>(null);
  useEffect(() => {
    if (!box.current) return;
    const size = new ResizeObserver(([entry]) => measure(Math.max(200, Math.floor(entry?.contentRect.width ?? 480))));
    size.observe(box.current);
    return () => size.disconnect();
  }, []);
  const at = chart.at.map(Number);
  const points = chart.kind === "points";
  const span = spanOf(chart.series);
  const [first, last] = [at.reduce((a, b) => Math.min(a, b), Infinity), at.reduce((a, b) => Math.max(a, b), -Infinity)];
  const across = [first, last > first ? last : first + 1] as const;
  const x = (value: number): number => LEFT + ((width - LEFT - RIGHT) * within(value, across)) / 100;
  const y = (value: number): number => HEIGHT - FOOT - ((HEIGHT - FOOT - TOP) * within(value, span)) / 100;
  const worst = points ? (chart.series[0]?.values.reduce<number>((best, value, i, all) => ((value ?? Infinity) < (all[best] ?? Infinity) ? i : best), 0) ?? 0) : at.length - 1;
  const shown = looked ?? worst;
  const colours = coloursOf(chart.series);
  const point = (event: PointerEvent): void => {
    const frame = (event.currentTarget as Element).getBoundingClientRect();
    const far = at.map((value, i) => (x(value) - (event.clientX - frame.left)) ** 2 + (points ? (y(chart.series[0]?.values[i] ?? NaN) - (event.clientY - frame.top)) ** 2 || 0 : 0));
    look(far.indexOf(Math.min(...far)));
  };
  const order = points ? at.map((_, i) => i).sort((a, b) => (at[a] as number) - (at[b] as number)) : at.map((_, i) => i);
  return (
    <div ref={box}>
      <svg class="plot" width={width} height={HEIGHT} role="img" aria-label={`${chart.title}: ${chart.series.map((one) => one.name).join(", ")}`} onPointerMove={point} onPointerDown={point}>
        {ticksOf(span).map((value) => (
          <g key={value}>
            <line class="axis" x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
            <text x={LEFT - 6} y={y(value) + 4} text-anchor="end">{brief(value)}</text>
          </g>
        ))}
        {spaced(across, width - LEFT - RIGHT, at.every(Number.isInteger)).map((value) => (
          <text key={value} x={Math.min(x(value), width - WORD * brief(value).length / 2)} y={HEIGHT - 5} text-anchor="middle">{brief(value)}</text>
        ))}
        {!points && <line class="here" x1={x(at[shown] ?? 0)} x2={x(at[shown] ?? 0)} y1={TOP} y2={HEIGHT - FOOT} />}
        {chart.series.map((one, i) => (
          <g key={i} class={`s${colours[i]} ${one.look}`}>
            {points ? <Points one={one} at={at} x={x} y={y} shown={shown} /> : <Curve one={one} at={at} x={x} y={y} shown={shown} />}
          </g>
        ))}
      </svg>
      {at.length > 1 && <input type="range" min={0} max={at.length - 1} value={order.indexOf(shown)} onInput={(event) => look(order[Number(event.currentTarget.value)] ?? null)} aria-label={`${chart.x || "Place"} in ${chart.title}`} aria-valuetext={short(at[shown])} />}
      <p class="legend" aria-live="polite">
        <b>{placed(at[shown], chart.x)}</b>
        {chart.series.map((one, i) => (
          <span key={i} class={`s${colours[i]} ${one.look}`}>
            <i class="swatch" /> {one.names?.[shown] === undefined ? one.name : <Subject text={one.names[shown]} />} <b class="number">{said(one.values[shown])}</b> <small class="number">{interval(one, shown)}</small>
          </span>
        ))}
      </p>
    </div>
  );
}

interface Drawn {
  one: ChartSeries;
  at: number[];
  x: (value: number) => number;
  y: (value: number) => number;
  shown: number;
}

function Curve({ one, at, x, y, shown }: Drawn) {
  const line = (values: (number | null)[]): string =>
    values.map((value, i) => (value === null ? "" : `${i > 0 && values[i - 1] !== null ? "L" : "M"}${x(at[i] as number).toFixed(1)} ${y(value).toFixed(1)}`)).join("");
  const edge = (ends: (number | null)[], i: number): string => `${x(at[i] as number).toFixed(1)} ${y(ends[i] as number).toFixed(1)}`;
  const { low, high } = one;
  const known = at.flatMap((_, i) => ((low?.[i] ?? null) !== null && (high?.[i] ?? null) !== null ? [i] : []));
  const value = one.values[shown] ?? null;
  return (
    <>
      {low && high && known.length > 1 && <path class="spread-of" d={`M${known.map((i) => edge(high, i)).join("L")}L${known.reverse().map((i) => edge(low, i)).join("L")}Z`} />}
      <path class="curve" d={line(one.values)} />
      {value !== null && <circle r="4" cx={x(at[shown] as number)} cy={y(value)} />}
    </>
  );
}

function Points({ one, at, x, y, shown }: Drawn) {
  return (
    <>
      {at.map((place, i) => {
        const value = one.values[i] ?? null;
        if (value === null) return null;
        const [low, high] = [one.low?.[i] ?? null, one.high?.[i] ?? null];
        return (
          <g key={i} class={i === shown ? "looked-at" : ""}>
            {i === shown && low !== null && high !== null && <line class="curve" x1={x(place)} x2={x(place)} y1={y(low)} y2={y(high)} />}
            <circle r={i === shown ? 5 : 3} cx={x(place)} cy={y(value)} />
          </g>
        );
      })}
    </>
  );
}

type Sketched = (number | null)[][];

/** What a result shows, small, for a card: by how much covering each place loses, what fed a unit, the course of curves or where points lie. */
export function Sketch({ curves, drawn = "lines", image }: { curves: Sketched; drawn?: string | undefined; image?: number | undefined }) {
  if (drawn === "grid") return <Places rows={curves} image={image} />;
  if (drawn === "graph") return <Fed lines={curves} />;
  return drawn === "rows" ? <Bars values={curves[0] ?? []} /> : <Course curves={curves} lines={drawn === "lines"} />;
}

const Bars = ({ values }: { values: (number | null)[] }) => (
  <svg class="sketch bars-of s0" viewBox="0 0 240 120" preserveAspectRatio="none" aria-hidden="true">
    {values.map((value, i) => value !== null && <path key={i} class="curve" d={`M${(240 * (i + 0.5)) / values.length} 112V${108 - value}`} />)}
  </svg>
);

function Places({ rows, image }: { rows: Sketched; image: number | undefined }) {
  const atlas = useAtlas();
  const [, high, wide] = atlas.manifest.model.input;
  const url = usePicture(image === undefined ? null : imagePath(atlas, image));
  const [down, across] = [high / rows.length, wide / (rows[0]?.length || 1)];
  return (
    <svg class="sketch" viewBox={`0 0 ${wide} ${high}`} aria-hidden="true">
      {url && <image href={url} width={wide} height={high} preserveAspectRatio="none" />}
      {rows.map((row, y) => row.map((share, x) => <rect key={`${y} ${x}`} class="loss" x={x * across} y={y * down} width={across} height={down} opacity={0.0075 * (share ?? 0)} />))}
    </svg>
  );
}

const Fed = ({ lines }: { lines: Sketched }) => (
  <svg class="sketch" viewBox="0 0 240 120" aria-hidden="true">
    {lines.map(([x0, y0, x1, y1, amount], i) => {
      const [from, to, up, down] = [12 + 2.16 * (x0 ?? 0), 12 + 2.16 * (x1 ?? 0), 8 + 1.04 * (y0 ?? 0), 8 + 1.04 * (y1 ?? 0)];
      const middle = (from + to) / 2;
      return (
        <g key={i} class={(amount ?? 0) < 0 ? "s1" : "s0"}>
          <path class="curve" d={`M${from} ${up}C${middle} ${up} ${middle} ${down} ${to} ${down}`} opacity="0.5" style={{ strokeWidth: `${Math.max(0.5, 0.05 * Math.abs(amount ?? 0))}px` }} />
          <circle cx={to} cy={down} r="4" />
          <circle cx={from} cy={up} r="4" />
        </g>
      );
    })}
  </svg>
);

const Course = ({ curves, lines }: { curves: Sketched; lines: boolean }) => (
  <svg class={lines ? "sketch" : "sketch dots"} viewBox="0 0 240 120" preserveAspectRatio="none" aria-hidden="true">
    {curves.map((curve, i) => (
      <path key={i} class={`curve s${i}`} d={curve.map((value, n) => (value === null ? "" : `${lines && n > 0 && curve[n - 1] !== null ? "L" : "M"}${8 + (224 * n) / Math.max(1, curve.length - 1)} ${112 - 1.04 * value}${lines ? "" : "h.01"}`)).join("")} />
    ))}
  </svg>
);
