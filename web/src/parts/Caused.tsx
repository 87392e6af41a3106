import { useMemo, useState } from "preact/hooks";
import { useUnitNames } from "../classes";
import { parseUnit, toExperiment, toImage, toUnit } from "../route";
import { layerOfUnit, useAtlas, useData, useExperiments, usePicture } from "../store";
import type { CauseGraph, CausesData, Experiment } from "../types";
import { baseName, many, short } from "../words";
import { Joints } from "./Details";
import { Name, Section, UnitWords } from "./small";

const SIDE = 56; // and as it is shown
const [WIDE, HIGH, GAP] = [176, 68, 64]; // of a node, and between columns

const plain = (unit: string): string => unit.replace(/@\d+,\d+$/, "");

/** The experiments that say what fed units. */
function useCauses(): Experiment[] {
  return useExperiments()?.filter((one) => one.kind === "causes" && one.data) ?? [];
}

/** What fed a unit: on each image that was asked about, and usually. */
export function FedUnit({ unit }: { unit: string }) {
  // Causes have it among their units, too: those of units asked about are told apart by what was found.
  return <>{useCauses().filter((one) => one.units.includes(unit)).map((one) => <FedUnitBy key={one.name} experiment={one} unit={unit} />)}</>;
}

function FedUnitBy({ experiment, unit }: { experiment: Experiment; unit: string }) {
  const data = useData<CausesData>(`experiments/${experiment.name}`).value;
  const graphs = useMemo(() => data?.graphs.filter((graph) => plain(graph.unit) === unit) ?? [], [data, unit]);
  const usual = data?.usual.filter(([of]) => of === unit) ?? [];
  const joints = usual.flatMap(([, cause, mean]) => {
    const at = parseUnit(cause);
    return at ? [[at.layer, at.channel, mean] as [string, number, number]] : [];
  });
  return (
    <>
      {usual.length > 0 && <Joints title="What usually feeds it" joints={joints} note={`The mean of what each unit gave on ${many(usual[0]?.[5] ?? 0, "image")}: activation times the signal carried back. The strongest inputs are by weight alone.`} />}
      {graphs.length > 0 && <Graphs experiment={experiment} graphs={graphs} title="What fed it" />}
    </>
  );
}

/** What fed units on an image. */
export function FedOn({ image }: { image: number }) {
  return <>{useCauses().filter((one) => one.images.includes(image)).map((one) => <FedOnBy key={one.name} experiment={one} image={image} />)}</>;
}

function FedOnBy({ experiment, image }: { experiment: Experiment; image: number }) {
  const data = useData<CausesData>(`experiments/${experiment.name}`).value;
  const graphs = useMemo(() => data?.graphs.filter((graph) => graph.image === image) ?? [], [data, image]);
  return graphs.length > 0 ? <Graphs experiment={experiment} graphs={graphs} title="What fed units here" here /> : null;
}

/** All that is known of what fed units, on the page of the experiment itself. */
export function FedAll({ experiment }: { experiment: Experiment }) {
  const data = useData<CausesData>(`experiments/${experiment.name}`).value;
  return data?.graphs.length ? <Graphs experiment={experiment} graphs={data.graphs} title="What fed each" whole /> : null;
}

/** `here`: on the page of an image; `whole`: of several units on several images. */
function Graphs({ experiment, graphs, title, here, whole }: { experiment: Experiment; graphs: CauseGraph[]; title: string; here?: boolean; whole?: boolean }) {
  const [at, choose] = useState(0);
  const graph = graphs[Math.min(at, graphs.length - 1)];
  if (!graph) return null;
  return (
    <Section class="panel wide" title={title} note={<>Each unit with its patch, what it takes there, and what it gives: activation times the signal carried back. {!whole && <a href={toExperiment(experiment.name)}>All of it</a>}</>}>
      {graphs.length > 1 && (
        <p class="chips" role="group" aria-label={here || whole ? "Units" : "Images"}>
          {graphs.map((one, number) => (
            <button key={number} type="button" class="chip" aria-pressed={one === graph} onClick={() => choose(number)}>
              {whole ? <span><UnitWords unit={plain(one.unit)} /> on <Name text={baseName(one.name)} /></span> : here ? <UnitWords unit={one.unit} /> : <Name text={baseName(one.name)} />}
            </button>
          ))}
        </p>
      )}
      <Graph experiment={experiment} graph={graph} here={here ?? false} />
    </Section>
  );
}

/** Columns from the unit, at the left, down through the layers. */
function Graph({ experiment, graph, here }: { experiment: Experiment; graph: CauseGraph; here: boolean }) {
  const sheet = usePicture(graph.sheet === null ? null : `experiments/${experiment.name}/${graph.sheet}`);
  const [held, hold] = useState<number | null>(null);
  const columns = [[0], ...graph.layers.map((layer) => graph.nodes.flatMap((node, n) => (n && parseUnit(plain(node.unit))?.layer === layer ? [n] : [])))];
  const tallest = Math.max(...columns.map((column) => column.length));
  const place = new Map(columns.flatMap((column, x) => column.map((node, y) => [node, { x: x * (WIDE + GAP), y: ((y + 0.5) * tallest * HIGH) / column.length }] as const)));
  const most = Math.max(...graph.edges.map(([, , amount]) => Math.abs(amount)), 1e-12);
  const near = (node: number): boolean => held === null || held === node || graph.edges.some(([cause, effect]) => (cause === node && effect === held) || (effect === node && cause === held));
  return (
    <>
      <div class="scroll caused" tabIndex={0} role="region" aria-label="Units and what they give">
        <div class="caused-heads">
          {columns.map((_, x) => (
            <span key={x} style={{ left: `${x * (WIDE + GAP)}px`, width: `${WIDE}px` }}>
              {x ? graph.layers[x - 1] : here ? parseUnit(plain(graph.unit))?.layer : graph.image === null ? baseName(graph.name) : <a href={toImage(graph.image)}>{baseName(graph.name)}</a>}
            </span>
          ))}
        </div>
        <div class="caused-graph" style={{ width: `${columns.length * (WIDE + GAP) - GAP}px`, height: `${tallest * HIGH}px` }}>
          <svg aria-hidden="true" width="100%" height="100%">
            {graph.edges.map(([cause, effect, amount]) => {
              const [from, to] = [place.get(effect), place.get(cause)];
              if (!from || !to) return null;
              const [x, end] = [from.x + WIDE, to.x];
              const middle = (x + end) / 2;
              return <path key={`${cause}-${effect}`} class={amount < 0 ? "against" : ""} data-faint={held !== null && held !== cause && held !== effect} d={`M${x} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${end} ${to.y}`} stroke-width={Math.max(0.5, (7 * Math.abs(amount)) / most)} />;
            })}
          </svg>
          <ul>
            {graph.nodes.map((node, number) => (
              <li key={number} data-faint={!near(number)} style={{ left: `${place.get(number)?.x ?? 0}px`, top: `${(place.get(number)?.y ?? 0) - HIGH / 2}px`, width: `${WIDE}px` }} onMouseEnter={() => hold(number)} onMouseLeave={() => hold(null)} onFocusIn={() => hold(number)} onFocusOut={() => hold(null)}>
                <Node unit={node.unit} value={number ? node.amount : node.value} first={number === 0} sheet={sheet} at={number} count={graph.nodes.length} />
              </li>
            ))}
          </ul>
        </div>
      </div>
      <ul class="plain caused-sums">
        {graph.balances.map((one) => (
          <li key={one.layer}>
            {short(graph.value)} is {short(one.parts)} from <bdi>{one.layer}</bdi>
            {one.others !== 0 && `, ${short(one.others)} by other ways`}, {short(one.biases)} from biases{graph.curved && `, ${short(one.remainder)} not accounted for (curved: ${graph.curved})`}.
          </li>
        ))}
      </ul>
    </>
  );
}

function Node({ unit, value, first, sheet, at, count }: { unit: string; value: number; first: boolean; sheet: string | undefined; at: number; count: number }) {
  const atlas = useAtlas();
  const one = parseUnit(plain(unit));
  const shown = one && layerOfUnit(atlas, one.layer, one.channel);
  const called = useUnitNames(shown ?? undefined)(one?.channel ?? -1);
  const name = called ?? plain(unit).split(":").pop() ?? unit; // its layer heads the column
  const cell = (row: number) => ({ width: `${SIDE}px`, height: `${SIDE}px`, backgroundImage: `url("${sheet}")`, backgroundPosition: `${-SIDE * at}px ${-SIDE * row}px`, backgroundSize: `${SIDE * count}px ${2 * SIDE}px` });
  const words = (
    <>
      {sheet && (
        <span class="pair">
          <span class="tile" role="img" aria-label={`Where ${unit} gives most`} style={cell(0)} />
          <span class="tile projection" role="img" aria-label={`What ${unit} takes there`} style={cell(1)} />
        </span>
      )}
      <span class="told">
        <b title={unit}>
          <bdi>{name}</bdi>
        </b>
        <span class={value < 0 ? "number against" : "number"}>{first || value < 0 ? short(value) : `+${short(value)}`}</span>
      </span>
    </>
  );
  return one && shown ? <a href={toUnit(one.layer, one.channel)}>{words}</a> : <span class="node">{words}</span>;
}
