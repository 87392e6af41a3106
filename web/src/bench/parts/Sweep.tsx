import { useEffect, useRef, useState } from "preact/hooks";
import { Choice } from "../../parts/small";
import { Stale } from "../api";
import { calledOf, Drawn, probable, useBench } from "../bench";
import { swept } from "../draw";
import { useKeys } from "../keys";
import type { Step } from "../session";
import { type Pair, unitParts, without } from "../state";
import type { SweepHead, SweepRow } from "../types";
import { number as spelled, score, silencedWords } from "../words";
import { useSettled } from "./UnitPanel";

const SIDE = 320;

const shortened = (name: string): string => (name.length > 24 ? `${name.slice(0, 23).trimEnd()}…` : name);

interface Grown {
  key: string;
  units: string[];
  head: SweepHead;
  rows: (SweepRow | undefined)[];
}

/** The whole sweep of the square, growing behind what is done above (Fig. 7 of Zeiler and Fergus). */
export function Sweep() {
  const { api, held, chosen, about, session, fail } = useBench();
  const [grown, setGrown] = useState<Grown | null>(null);
  const [running, setRunning] = useState(false);
  const [by, setBy] = useState("class");
  const control = useRef<AbortController | null>(null);
  const steps = Math.max(1, Math.round(chosen.size / 6));
  const number = chosen.unit?.startsWith(`${about.output}:`) ? Number(chosen.unit.slice(about.output.length + 1)) : null;
  const target = number !== null && Number.isInteger(number) ? number : null;
  // Who goes on from a class to units still asks where that class looks.
  const last = useRef<{ photo: string | undefined; target: number | null }>({ photo: undefined, target: null });
  if (target !== null || last.current.photo !== held?.told.photo) last.current = { photo: held?.told.photo, target };
  const unit = chosen.unit && target === null && !unitParts(chosen.unit)?.channel.includes("-") ? without(chosen.unit) : null;
  const asked = {
    kind: "sweep", photo: held?.told.photo, moved: chosen.moved, size: chosen.size, stride: steps, fill: chosen.fill,
    followed: chosen.followed, silenced: chosen.silenced, target: last.current.target, transform: chosen.transform,
  };
  const key = JSON.stringify(asked);
  const settled = useSettled({ key, cover: chosen.cover }, 700);
  const stop = (): void => {
    control.current?.abort();
    control.current = null;
    setRunning(false);
  };
  const start = (): void => {
    stop();
    const mine = new AbortController();
    control.current = mine;
    setRunning(true);
    // The unit that is looked at has a map of its own, as have those that are followed.
    const mapped = [...new Set([...(unit ? [unit] : []), ...chosen.followed])];
    const question = { ...asked, followed: mapped };
    const rows: SweepRow[] = [];
    let head: SweepHead | null = null;
    api
      .ask<SweepHead | SweepRow>(
        question,
        (part) => {
          if (mine.signal.aborted) return;
          if ("grid" in part) head = part;
          else rows[part.row] = part;
          if (head) setGrown({ key, units: mapped, head, rows: Array.from({ length: head.grid.shape[0] }, (_, n) => rows[n]) });
        },
        mine.signal,
      )
      .then(
        () => {
          if (head && control.current === mine) session.add(ofSweep(question, head, rows, probable(about), pictureOf(head, rows, "class")));
        },
        (error: unknown) => {
          if (!(error instanceof Stale)) fail(error);
        },
      )
      .finally(() => control.current === mine && stop());
  };
  // The square was left somewhere: the sweep fills in behind.
  useEffect(() => {
    if (chosen.cover.length && chosen.tool === "square" && settled.key === key && grown?.key !== key) start();
  }, [settled.key, JSON.stringify(settled.cover)]);
  useEffect(() => stop, [held?.told.photo]);
  useKeys({ s: () => (running ? stop() : start()) });
  const current = grown?.key === key ? grown : null;
  const done = current?.rows.filter(Boolean).length ?? 0;
  const view = current && held ? seen(current, by) : null;
  return (
    <section class="panel" aria-labelledby="sweep-title">
      <div class="panel-head">
        <h2 id="sweep-title">Where it looks</h2>
        <button type="button" onClick={running ? stop : start}>
          {running ? "Stop" : current ? "Sweep again" : "Sweep the square"}
        </button>
      </div>
      <p class="note">
        A square of {chosen.size} px ({chosen.fill}) covers every place, {steps} px apart: bright is where covering takes most away; the rim, where no middle of a square can be, stays dark. It begins by itself where you leave the square.
        {chosen.silenced.length > 0 && ` With ${silencedWords(chosen.silenced)} at zero.`}
      </p>
      {current && view && held ? (
        <>
          <Choice
            label="What covering takes away"
            value={by}
            options={[
              ...(current.head.target ? [["class", shortened(current.head.target.name)] as const] : []),
              ...current.units.slice(0, 3).map((one, nth) => [`unit ${nth}`, calledOf(about, one) ?? one] as const),
              ["map", `strongest map, ${current.head.map}`] as const,
            ]}
            change={setBy}
          />
          <Drawn
            class="sweep-picture"
            draw={(canvas) => swept(canvas, held.crop, { rows: view.levels, columns: current.head.grid.shape[1], size: current.head.grid.size as Pair, stride: current.head.grid.stride as Pair }, SIDE)}
            of={[current, by, held.crop]}
            label={`${view.words}; ${done} of ${current.rows.length} rows`}
          />
          <p class="note">
            {view.words}.{" "}
            {unit && !running && !current.units.includes(unit) && (
              <button class="plain" type="button" onClick={start}>
                Sweep again for {unit}
              </button>
            )}
            {running && (
              <>
                {" "}
                <progress value={done} max={current.rows.length} aria-label="Rows of the sweep" />
              </>
            )}
          </p>
        </>
      ) : (
        running && <p class="quiet" role="status">Sweeping…</p>
      )}
    </section>
  );

  /** The map as it is shown, for the page that is saved: drawn once it is wanted. */
  function pictureOf(head: SweepHead, rows: SweepRow[], what: string): () => string {
    const photo = held?.crop;
    return () => {
      const canvas = document.createElement("canvas");
      const { levels } = seen({ key: "", units: [], head, rows }, what);
      if (photo) swept(canvas, photo, { rows: levels, columns: head.grid.shape[1], size: head.grid.size as Pair, stride: head.grid.stride as Pair }, SIDE);
      return canvas.toDataURL("image/png");
    };
  }

  function seen(of: Grown, what: string): { levels: (number[] | undefined)[]; words: string } {
    const unit = what.startsWith("unit ") ? Number(what.slice(5)) : -1;
    const isClass = what === "class" && of.head.target !== null;
    const read = (one: SweepHead["uncovered"]): (number | null)[] => (isClass ? (one.probability ?? []) : unit >= 0 ? (one.units[unit] ?? []) : one.activation);
    const before = read(of.head.uncovered)[0] ?? 0;
    const drops = of.rows.map((row) => row && read(row).map((value) => Math.max(0, before - (value ?? before))));
    const most = Math.max(1e-12, ...drops.flatMap((row) => row ?? [0]));
    const told = (value: number): string => (isClass ? score(value, probable(about)) : spelled(value));
    const name = isClass ? of.head.target?.name : `${unit >= 0 ? of.units[unit] : of.head.map}, summed over its map`;
    return { levels: drops.map((row) => row?.map((one) => (255 * one) / most)), words: `${name}: ${told(before)}, least ${told(before - most)}` };
  }
}

function ofSweep(question: { kind: string }, head: SweepHead, rows: SweepRow[], isProbable: boolean, picture: () => string) {
  const name = head.target?.name ?? head.map;
  const told = (value: number | null | undefined): string => (head.target ? score(value, isProbable) : spelled(value));
  return {
    question: question as { kind: string } & Record<string, unknown>,
    title: `Where ${name} looks: a square of ${head.grid.size.join(" × ")}, every ${head.grid.stride.join(" × ")} pixels`,
    rows: [
      ["row", ...Array.from({ length: head.grid.shape[1] }, (_, n) => `${n * head.grid.stride[1]} px`)],
      ...rows.map((row) => [`${row.row * head.grid.stride[0]} px`, ...(head.target ? (row.probability ?? []) : row.activation).map(told)]),
    ],
    pictures: [[picture, "bright where covering takes most away"]] as Step["pictures"],
  };
}
