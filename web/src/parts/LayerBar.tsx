import { useState } from "preact/hooks";
import type { Counts, LayerView, Sort } from "../layerview";
import { isSilenced, isTuned, SORTS } from "../layerview";
import type { LayerData, LayerEntry } from "../types";
import { useAtlas } from "../store";
import { short } from "../words";
import { Choice, Contrast } from "./small";
import { Spread } from "./Spread";

interface Props {
  layer: LayerEntry;
  data: LayerData;
  view: LayerView;
  counts: Counts;
  shown: number;
  /** By what units are alike, in words; empty where they are not sorted by it. */
  measure: string;
  /** Whether the atlas holds what silencing the layer's units does. */
  silenced: boolean;
  change: (part: Partial<LayerView>) => void;
}

const numberIn = (text: string): number | null => (text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text));

/** What the grid shows, in which order, and which units; every choice says how many units it leaves. */
export function LayerBar({ layer, data, view, counts, shown, measure, silenced, change }: Props) {
  const { manifest } = useAtlas();
  const [open, fold] = useState(false); // on a phone: elsewhere there is room
  const chosen = [view.alive !== "all", view.class !== null, view.like !== "all", view.low !== null || view.high !== null, view.text !== ""].filter(Boolean).length;
  const sorts = SORTS.filter(([name]) => (name !== "selectivity" || data.selectivity) && (name !== "map" || manifest.extras?.alike) && (name !== "control" || manifest.paths.likeness) && (!isTuned(name) || manifest.paths.tuning) && (!isSilenced(name) || silenced));
  const classes = [...counts.classes].sort((a, b) => b[1] - a[1]);
  const values = data.maximum.filter((value): value is number => value !== null);
  const [least, most] = [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
  return (
    <div class={open ? "bar open" : "bar"} role="group" aria-label="Order and filters">
      <Choice
        label="Show"
        value={view.view}
        options={[
          ["photos", "Photos"],
          ["projections", "Projections"],
          ["both", "Both"],
        ]}
        change={(next) => change({ view: next })}
      />
      {view.view !== "photos" && <Contrast />}
      <label>
        Sort
        <select value={view.sort} onChange={(event) => change({ sort: event.currentTarget.value as Sort, ascending: event.currentTarget.value === "index", near: event.currentTarget.value === "similar" ? (view.near ?? 0) : view.near })}>
          {sorts.map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {view.sort === "map" ? (
        measure && <span class="quiet measure">by {measure}</span>
      ) : view.sort === "similar" ? (
        <>
          <label>
            Unit
            <input class="few" type="number" min={0} max={layer.channels - 1} value={view.near ?? 0} onInput={(event) => change({ near: numberIn(event.currentTarget.value) })} />
          </label>
          {measure && <span class="quiet measure">by {measure}</span>}
        </>
      ) : (
        <button class="icon" type="button" onClick={() => change({ ascending: !view.ascending })} aria-label={view.ascending ? "Ascending; change to descending" : "Descending; change to ascending"} title={view.ascending ? "Ascending" : "Descending"}>
          {view.ascending ? "↑" : "↓"}
        </button>
      )}
      <button type="button" class="fold" aria-expanded={open} onClick={() => fold(!open)}>
        Filters{chosen > 0 && ` (${chosen})`}
      </button>
      <span class="filter">
        <Choice
          label="Dead units"
          value={view.alive}
          options={[
            ["all", `All ${counts.alive.all}`],
            ["alive", `Alive ${counts.alive.alive}`],
            ["dead", `Dead ${counts.alive.dead}`],
          ]}
          change={(next) => change({ alive: next })}
        />
      </span>
      {manifest.paths.likeness && (
        <label class="filter">
          Like control
          <select value={view.like} onChange={(event) => change({ like: event.currentTarget.value as LayerView["like"] })}>
            <option value="all">any</option>
            <option value="unlike">at most 0.9 ({counts.like.unlike})</option>
            <option value="like">above 0.9 ({counts.like.like})</option>
          </select>
        </label>
      )}
      {data.topClass && (
        <label class="filter">
          Class
          <select class="classes" value={view.class ?? ""} onChange={(event) => change({ class: numberIn(event.currentTarget.value) })}>
            <option value="">any</option>
            {view.class !== null && !counts.classes.has(view.class) && <option value={view.class}>{data.classes?.[view.class] ?? view.class} (0)</option>}
            {classes.map(([number, count]) => (
              <option key={number} value={number}>
                {data.classes?.[number] ?? number} ({count})
              </option>
            ))}
          </select>
        </label>
      )}
      <span class="range filter" role="group" aria-label="Strongest response between">
        <span aria-hidden="true">Maximum</span>
        <Spread values={counts.maxima} least={least} most={most} low={view.low} high={view.high} change={(low, high) => change({ low, high })} />
        <input class="few" type="number" step="any" value={view.low ?? ""} placeholder={short(least)} onInput={(event) => change({ low: numberIn(event.currentTarget.value) })} aria-label="Maximum at least" />
        <span aria-hidden="true">–</span>
        <input class="few" type="number" step="any" value={view.high ?? ""} placeholder={short(most)} onInput={(event) => change({ high: numberIn(event.currentTarget.value) })} aria-label="Maximum at most" />
      </span>
      {(counts.marked > 0 || view.marked) && (
        <button type="button" aria-pressed={view.marked} class="toggle" onClick={() => change({ marked: !view.marked })}>
          <span aria-hidden="true">★&nbsp;</span>
          <span class="heard">Marked </span>
          {counts.marked}
        </button>
      )}
      <input id="search" class="find filter" type="search" value={view.text} placeholder={data.names ? "Find number or name" : "Find number"} onInput={(event) => change({ text: event.currentTarget.value })} aria-label="Find units" />
      <output class="count" aria-live="polite">
        {shown} of {counts.all}
      </output>
    </div>
  );
}
