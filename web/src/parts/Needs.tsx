import { useMemo } from "preact/hooks";
import { parseUnit, toClass, toExperiment, toUnit } from "../route";
import { layerOfUnit, useAtlas, useData, useExperiments } from "../store";
import type { EffectsData, Experiment, Verdict } from "../types";
import { short } from "../words";
import { Name, Section } from "./small";
import { UnitTile } from "./Tile";

const SHOWN = 8;

/** What a pair of a unit and a class is about besides, and its numbers. */
export interface Need {
  of: string;
  change: number;
  control: number | null;
  /** What came of the test; null where there was none, undefined where that is not known. */
  verdict: Verdict | null | undefined;
}

const TESTED: Record<Verdict, string> = { more: "tested: holds", less: "tested: less than its controls", no: "tested: does not hold" };

/** What silencing units does, of one class or one unit, the strongest loss first. */
export function needs(data: EffectsData, kind: "unit" | "class", of: string): Need[] {
  const [mine, other] = kind === "unit" ? [0, 1] : [1, 0];
  return data.pairs
    .flatMap((row): Need[] => (row[mine] === of && row[2] < 0 ? [{ of: String(row[other]), change: row[2], control: row[3], verdict: row[4] }] : []))
    .sort((a, b) => a.change - b.change)
    .slice(0, SHOWN);
}

/** The experiment that silenced a layer's units, or any where none is named, and where it is wanted what it found. */
export function useSilencing(layer: string | undefined, wanted = true): { experiment: Experiment | null; data: EffectsData | null } {
  const experiments = useExperiments();
  const about = (one: Experiment): boolean => layer === undefined || !Array.isArray(one.settings.layers) || one.settings.layers.includes(layer);
  const experiment = experiments?.find((one) => one.kind === "effects" && one.data && about(one)) ?? null;
  return { experiment, data: useData<EffectsData>(wanted && experiment ? `experiments/${experiment.name}` : null).value };
}

/** The classes that need a unit, or the units that a class needs, where the atlas holds what silencing does. */
export function Needs({ of, kind }: { of: string; kind: "unit" | "class" }) {
  const atlas = useAtlas();
  const { experiment: found, data } = useSilencing(kind === "class" ? undefined : parseUnit(of)?.layer);
  const rows = useMemo(() => (data ? needs(data, kind, of) : []), [data, kind, of]);
  const first = rows[0];
  if (!first || !found) return null;
  const most = Math.max(...rows.map((row) => -row.change));
  return (
    <Section
      title={kind === "unit" ? "Classes that need this unit" : "Units that it needs"}
      note={
        <>
          The mean change of the score when the unit is silenced, over the images; in brackets that of its controls, silenced alike.{" "}
          {rows.some((row) => row.verdict !== undefined) && "Tested are the pairs that stand out on one half of the images: it holds where they differ from their controls on the other. "}
          <a href={toExperiment(found.name)}>All of it</a>
        </>
      }
    >
      <ol class={kind === "unit" ? "bars" : "joints"}>
        {rows.map((row) => {
          const unit = kind === "class" ? parseUnit(row.of) : null;
          const layer = unit && layerOfUnit(atlas, unit.layer, unit.channel);
          return (
            <li key={row.of}>
              {kind === "class" && (layer && unit ? <UnitTile layer={layer} channel={unit.channel} kind="photos" side={32} /> : <span class="tile none" aria-hidden="true" />)}
              <span class="bar-name">
                <a href={unit ? toUnit(unit.layer, unit.channel) : toClass(row.of)}>
                  <Name text={row.of} />
                </a>
                {row.verdict !== undefined && <small class={row.verdict === "more" ? "verdict" : "verdict quiet"}>{row.verdict ? TESTED[row.verdict] : "not tested"}</small>}
              </span>
              <span class="bar-track negative" aria-hidden="true">
                <span style={{ width: `${(-100 * row.change) / most}%` }} />
              </span>
              <span class="number">
                {short(row.change)} {row.control !== null && <small class="quiet">({short(row.control)})</small>}
              </span>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
