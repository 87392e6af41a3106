import { useEffect, useRef, useState } from "preact/hooks";
import { Choice, Loading } from "../parts/small";
import { useKeys, useShell } from "../shell";
import { many, short } from "../words";
import type { Filter } from "./data";
import { filterOf, passes, toList, usePage, useRows } from "./data";
import { Classes, Pairs } from "./Pairs";
import { Card, share, UnitName, UnitText } from "./parts";

const FIRST = 48;
const MORE = 144;

export function Overview({ query }: { query: URLSearchParams }) {
  const { manifest } = usePage();
  const [low, high] = manifest.interval;
  const filter = filterOf(query);
  const right = manifest.asked - manifest.mistakes;
  return (
    <>
      <h1>
        Mistakes of <bdi>{manifest.model}</bdi>
      </h1>
      <p class="lead">
        {manifest.kind === "values" ? (
          <>
            <b>{manifest.mistakes} of {many(manifest.asked, "value")}</b> are further off than on average, on {many(manifest.images, "image")}
          </>
        ) : (
          <>
            <b>{short((100 * right) / manifest.asked)} % right</b> ({short(100 * low)} to {short(100 * high)} %): {many(manifest.mistakes, "mistake")}
            {manifest.kind === "labels" && ` in ${many(manifest.asked, "answer")}`} on {many(manifest.images, "labelled image")}
          </>
        )}{" "}
        (<bdi>{manifest.data}</bdi>).{" "}
        {manifest.mistakes > manifest.explained
          ? `${manifest.explained} are looked at in full: the worst, and of each pair some, by how frequent it is. All are listed.`
          : "All of them are looked at in full."}
        {manifest.failures > 0 && ` ${many(manifest.failures, "image")} could not be read.`}
        {manifest.order && (
          <>
            {" "}
            <bdi>{manifest.order.charAt(0).toUpperCase() + manifest.order.slice(1)}.</bdi>
          </>
        )}
      </p>
      {manifest.mistakes === 0 ? (
        <p class="empty">Nothing was answered wrongly.</p>
      ) : (
        <>
          <div class="charts">
            <Pairs filter={filter} />
            <Classes filter={filter} />
          </div>
          {manifest.units.length > 0 && <Units />}
          <List filter={filter} />
        </>
      )}
    </>
  );
}

function Units() {
  const { manifest } = usePage();
  const [all, more] = useState(false);
  const shown = manifest.units.slice(0, all ? undefined : 8);
  return (
    <details class="panel causes">
      <summary>
        <h2>Units behind several of them</h2>{" "}
        <span class="quiet">
          {shown.slice(0, 3).map((unit, at) => (
            <>
              {at > 0 && ", "}
              <UnitText unit={unit.unit} />
            </>
          ))}
          {manifest.units.length > 3 && " …"}
        </span>
      </summary>
      <p class="note">Of the {many(manifest.explained, "mistake")} looked at: how many each unit feeds, and what becomes of their answers when it alone is silenced.</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Units">
        <table>
          <thead>
            <tr>
              <th scope="col">Unit</th>
              <th scope="col" class="number">feeds</th>
              <th scope="col" class="number">answer changes</th>
              <th scope="col" class="number">right then</th>
              <th scope="col" class="number">gives on average</th>
              <th scope="col" class="number">units as active change</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((unit) => (
              <tr key={unit.unit}>
                <th scope="row"><UnitName unit={unit.unit} /></th>
                <td class="number">{unit.mistakes}</td>
                <td class="number">{unit.changed}</td>
                <td class="number">{unit.repaired}</td>
                <td class="number">{short(unit.amount)}</td>
                <td class="number">{share(unit.control_changed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {manifest.units.length > shown.length && (
        <p class="actions">
          <button type="button" onClick={() => more(true)}>Show {manifest.units.length}</button>
        </p>
      )}
      <ul class="plain silencing">
        {manifest.silencing.filter((one) => one.units === "first").map((one) => (
          <li key={one.layer}>
            Silencing the unit of <bdi>{one.layer}</bdi> that gives most changes the answer of <b>{share(one.changed)}</b>, and makes {share(one.repaired)} right; a unit as active changes{" "}
            <b>{share(one.control_changed)}</b>
            {one.excess_low !== null && one.excess_high !== null && <span class="quiet"> (difference {share(one.excess)}, {share(one.excess_low)} to {share(one.excess_high)})</span>}.
          </li>
        ))}
      </ul>
    </details>
  );
}

function List({ filter }: { filter: Filter }) {
  const { manifest, name } = usePage();
  const { router, root } = useShell();
  const { rows, all, error } = useRows();
  const [most, show] = useState(FIRST);
  const key = JSON.stringify(filter);
  useEffect(() => show(FIRST), [key]);
  const list = useRef<HTMLElement>(null);
  const shownFor = useRef(`${filter.label} ${filter.answer}`);
  useEffect(() => {
    // Who chose a pair or a class above is led to its mistakes.
    if (shownFor.current !== `${filter.label} ${filter.answer}`) list.current?.scrollIntoView({ block: "start", behavior: "instant" });
    shownFor.current = `${filter.label} ${filter.answer}`;
  }, [filter.label, filter.answer]);
  const found = rows.map((row, at) => ({ row, at })).filter(({ row }) => passes(row, filter));
  const shown = found.slice(0, most);
  const step = (by: number) => (): void => {
    const cards = [...root.querySelectorAll<HTMLElement>("[data-card]")];
    const at = cards.indexOf(document.activeElement as HTMLElement);
    cards[at < 0 ? 0 : Math.max(0, Math.min(cards.length - 1, at + by))]?.focus();
  };
  useKeys({ ArrowRight: step(1), l: step(1), ArrowLeft: step(-1), h: step(-1) });
  const go = (change: Partial<Filter>): void => router.replace(toList(filter, change));
  const labels = manifest.classes.filter(([, , wrong]) => wrong > 0);
  const answers = [...new Set(manifest.pairs.filter(([label]) => filter.label === null || label === filter.label).map(([, answer]) => answer))];
  return (
    <section aria-label="Mistakes, worst first" ref={list} class="all">
      <div class="bar">
        {manifest.kind !== "values" && <label>
          label <Which value={filter.label} options={labels.map(([label]) => label)} change={(label) => go({ label })} />
        </label>}
        <label>
          answered <Which value={filter.answer} options={answers} change={(answer) => go({ answer })} />
        </label>
        <Choice label="Which" value={filter.only} options={[["", "all"], ["explained", "looked at"], ["mended", "brought back"]]} change={(only) => go({ only })} />
        <input id="search" class="find" type="search" value={filter.q} onInput={(event) => go({ q: event.currentTarget.value })} placeholder="Find name" aria-label="Find images by name" />
        <output class="count" aria-live="polite">
          {found.length} of {manifest.mistakes}
        </output>
      </div>
      {error && <p class="empty">{error.message}</p>}
      {found.length === 0 && (all ? <p class="empty">No mistake is like this. <a href="#/">Show all</a></p> : <Loading what="mistakes" />)}
      <h2 class="heard">{filter.label !== null ? `${name(filter.label)} ` : ""}Mistakes, worst first</h2>
      <ul class="mistakes">
        {shown.map(({ row, at }) => (
          <Card key={row.key} row={row} at={at} filter={filter} thumb={at < manifest.thumbs} />
        ))}
      </ul>
      {found.length > shown.length && (
        <p class="actions">
          <button type="button" onClick={() => show(most + MORE)}>Show more of {found.length}</button>
        </p>
      )}
    </section>
  );
}

function Which({ value, options, change }: { value: number | null; options: number[]; change: (value: number | null) => void }) {
  const { name } = usePage();
  const listed = [...new Set(value === null ? options : [value, ...options])].sort((a, b) => name(a).localeCompare(name(b)));
  return (
    <select value={value === null ? "" : String(value)} onChange={(event) => change(event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}>
      <option value="">any</option>
      {listed.map((one) => (
        <option key={one} value={String(one)}>{name(one)}</option>
      ))}
    </select>
  );
}
