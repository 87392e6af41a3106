import { toClass, toExperiment, toUnit } from "../route";
import { parseUnit } from "../route";
import { layerOfUnit, useAtlas, useData } from "../store";
import type { Experiment } from "../types";
import { short } from "../words";
import { Name, Section } from "./small";
import { UnitTile } from "./Tile";

const SHOWN = 8;

/** The rows of tables of effects that are about a unit or a class: what else they are about, and the numbers. */
export interface Need {
  of: string;
  change: number;
  control: number | null;
  experiment: string;
}

/** What silencing units does, of one class or one unit, the strongest loss first. */
export function needs(experiments: Experiment[], kind: "unit" | "class", of: string): Need[] {
  const found = experiments.flatMap((one): Need[] => {
    const columns = one.kind === "effects" ? (one.shown?.columns ?? []) : [];
    const [mine, other, change, control] = [kind, kind === "unit" ? "class" : "unit", "change", "control"].map((column) => columns.indexOf(column)) as [number, number, number, number];
    if (mine < 0 || other < 0 || change < 0) return [];
    return (one.shown?.rows ?? []).flatMap((row) => (row[mine] === of && Number(row[change]) < 0 ? [{ of: row[other] ?? "", change: Number(row[change]), control: row[control] ? Number(row[control]) : null, experiment: one.name }] : []));
  });
  return found.sort((a, b) => a.change - b.change).slice(0, SHOWN);
}

/** The classes that need a unit, or the units that a class needs, where the atlas holds what silencing does. */
export function Needs({ of, kind }: { of: string; kind: "unit" | "class" }) {
  const atlas = useAtlas();
  const experiments = useData<Experiment[]>(atlas.store.host.kind === "file" ? null : "experiments").value;
  const rows = needs(experiments ?? [], kind, of);
  const first = rows[0];
  if (!first) return null;
  const most = Math.max(...rows.map((row) => -row.change));
  return (
    <Section
      title={kind === "unit" ? "Classes that need this unit" : "Units that it needs"}
      note={
        <>
          By how much the score falls when the unit is silenced; in brackets its controls, silenced alike. <a href={toExperiment(first.experiment)}>All of it</a>
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
