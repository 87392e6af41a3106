import { useEffect, useRef, useState } from "preact/hooks";
import { Stale } from "../api";
import { probable, useBench } from "../bench";
import type { CurveHead, CurvePart } from "../types";
import { number, score, silencedWords } from "../words";

const WIDTH = 360;
const HEIGHT = 150;

interface Grown {
  key: string;
  head: CurveHead;
  parts: CurvePart[];
}

/** The photo moved, scaled, turned by a slider; the curves of Fig. 5 draw themselves. */
export function Curves() {
  const { api, held, chosen, choose, about, session, fail } = useBench();
  const [name, setName] = useState(chosen.transform?.name ?? "rotation");
  const [grown, setGrown] = useState<Grown | null>(null);
  const control = useRef<AbortController | null>(null);
  const known = about.transformations.find((one) => one.name === name) ?? about.transformations[0];
  const asked = { kind: "curve", photo: held?.told.photo, moved: chosen.moved, name, layers: chosen.layers, silenced: chosen.silenced };
  const key = JSON.stringify(asked);
  const draw = (): void => {
    if (grown?.key === key) return;
    control.current?.abort();
    const mine = new AbortController();
    control.current = mine;
    let head: CurveHead | null = null;
    const parts: CurvePart[] = [];
    api
      .ask<CurveHead | CurvePart>(
        asked,
        (part) => {
          if ("amounts" in part) head = part;
          else parts.push(part);
          if (head && !mine.signal.aborted) setGrown({ key, head, parts: [...parts] });
        },
        mine.signal,
      )
      .then(
        () => head && session.add(ofCurve(asked, head, parts, probable(about))),
        (error: unknown) => {
          if (!(error instanceof Stale)) fail(error);
        },
      );
  };
  useEffect(() => {
    if (chosen.transform) draw();
  }, [chosen.transform !== null, key]);
  useEffect(() => () => control.current?.abort(), []);
  if (!known) return null;
  const amount = chosen.transform?.name === name ? chosen.transform.amount : known.identity;
  const [low, high] = [Math.min(...known.values), Math.max(...known.values)];
  const current = grown?.key === key ? grown : null;
  return (
    <section class="panel" aria-labelledby="curves-title">
      <div class="panel-head">
        <h2 id="curves-title">Move, turn, scale</h2>
        {chosen.transform && (
          <button type="button" onClick={() => choose({ transform: null })}>
            As it is
          </button>
        )}
      </div>
      <div class="unit-bar">
        <label>
          <span class="heard">What is done</span>
          <select
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              choose({ transform: null });
            }}
          >
            {about.transformations.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        <input
          type="range"
          class="grow"
          min={low}
          max={high}
          step={(high - low) / 120}
          value={amount}
          aria-label={`${name}, ${known.unit}`}
          aria-valuetext={`${number(amount)} ${known.unit}`}
          onInput={(event) => {
            const to = Number(event.currentTarget.value);
            choose({ transform: { name, amount: Number(to.toFixed(3)) }, cover: [] });
          }}
        />
        <output>
          {number(amount)} {known.unit}
        </output>
      </div>
      {current && <p class="note">Distance: how far a layer's features are from those of the photo as it is, as a share of their length; 0 is unmoved.{chosen.silenced.length > 0 && ` With ${silencedWords(chosen.silenced)} at zero.`}</p>}
      {current ? <Plot of={current} amount={amount} isProbable={probable(about)} /> : <p class="note">Move the slider: the photo is changed, and the curves draw themselves.</p>}
    </section>
  );
}

function Plot({ of, amount, isProbable }: { of: Grown; amount: number; isProbable: boolean }) {
  const [low, high] = [Math.min(...of.head.amounts), Math.max(...of.head.amounts)];
  const values = of.parts.flatMap((part) => part.values);
  const scores = of.parts.flatMap((part) => part.probability);
  const name = of.parts[0]?.targetName ?? "";
  const lines: { words: string; class: string; of: (number | null)[]; top: number }[] = [];
  const known = scores.filter((one): one is number => one !== null);
  if (known.length) lines.push({ words: name, class: "line-class", of: scores, top: isProbable ? 1 : Math.max(...known.map(Math.abs), 1e-9) });
  of.head.layers.forEach((layer, nth) => {
    const all = of.parts.flatMap((part) => part.relative[layer] ?? []);
    lines.push({ words: `distance at ${layer}`, class: nth ? "line-last" : "line-first", of: all, top: Math.max(1, ...all.map((one) => one ?? 0)) });
  });
  const x = (value: number): number => ((value - low) / (high - low || 1)) * WIDTH;
  const d = (line: (typeof lines)[number]): string =>
    line.of.map((one, n) => (one === null ? "" : `${n && line.of[n - 1] !== null ? "L" : "M"}${x(values[n] as number).toFixed(1)} ${(HEIGHT - (HEIGHT * one) / line.top).toFixed(1)}`)).join("");
  const nearest = values.reduce((best, one, n) => (Math.abs(one - amount) < Math.abs((values[best] ?? 1e9) - amount) ? n : best), 0);
  return (
    <figure class="plot">
      <p class="note">The top of the picture is the first number of each line, its bottom 0; the second is where the slider is.</p>
      <svg viewBox={`-6 -6 ${WIDTH + 12} ${HEIGHT + 26}`} role="img" aria-label={`${lines.map((line) => line.words).join(", ")} over ${of.head.name}`}>
        <line class="axis" x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        <line class="now" x1={x(amount)} x2={x(amount)} y1="0" y2={HEIGHT} />
        {lines.map((line) => (
          <path key={line.words} class={line.class} d={d(line)} />
        ))}
        <text x="0" y={HEIGHT + 16}>
          {number(low)}
        </text>
        <text x={WIDTH} y={HEIGHT + 16} text-anchor="end">
          {number(high)} {of.head.unit}
        </text>
      </svg>
      <figcaption>
        {lines.map((line) => (
          <span key={line.words} class={line.class}>
            <bdi>{line.words}</bdi> to {line.class === "line-class" ? score(line.top, isProbable) : number(line.top)}, here {line.class === "line-class" ? score(line.of[nearest], isProbable) : number(line.of[nearest])}
          </span>
        ))}
        {values[nearest] !== undefined && Math.abs((values[nearest] as number) - amount) > 1e-6 && (
          <span class="apart">
            Computed at {number(values[nearest])} {of.head.unit}, the nearest of the curve.
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function ofCurve(question: { kind: string } & Record<string, unknown>, head: CurveHead, parts: CurvePart[], isProbable: boolean) {
  const rows = parts.flatMap((part) => part.values.map((value, n) => [number(value), score(part.probability[n], isProbable), ...head.layers.map((layer) => number(part.relative[layer]?.[n]))]));
  return {
    question,
    title: `The photo under ${head.name}`,
    rows: [[head.unit, parts[0]?.targetName || "class", ...head.layers.map((layer) => `distance at ${layer}`)], ...rows],
    pictures: [] as [string, string][],
  };
}
