import { Section } from "../parts/small";
import { short } from "../words";
import type { Mistake, UnitCause } from "./data";
import { usePage } from "./data";
import { share, UnitName } from "./parts";

const CELL = 80; // pixels of a picture in the units' sheets, as they are written

/** The units that feed the contrast, layer by layer, and what silencing each does. */
export function Causes({ mistake }: { mistake: Mistake }) {
  const { name, number: written, manifest } = usePage();
  // Of a value that is too low, what the layers give is told as what speaks for that.
  const way = manifest.kind === "values" && mistake.a % 3 === 2 ? -1 : 1;
  const whole = manifest.kind === "values" ? <>Of the answer of {written(mistake.z[0])}</> : <>Of the contrast of {written(mistake.contrast)}</>;
  const part = (value: number | null): string => written(value === null ? null : way * value);
  if (!mistake.layers.length) return <Section title="Units that cause it"><p class="quiet">No unit of the layers speaks for it: biases and other ways do.</p></Section>;
  return (
    <div class="cause-layers">
      {mistake.layers.map(({ layer, number, units }) => {
        const balance = mistake.balances.find((one) => one.layer === layer);
        return (
          <Section key={layer} title={`Units of ${layer} that cause it`} note={balance && <>{whole}, {part(balance.parts)} come from all of this layer's units, {part(balance.biases)} from biases{balance.others ? `, ${part(balance.others)} by other ways` : ""}. Beside each: the patch where it gives most, what it takes there, and the answer and {manifest.kind === "values" ? "how far it is off" : "contrast"} without it.</>}>
            <ul class="units">
              {units.map((unit, at) => (
                <Unit key={unit.unit} unit={unit} sheet={`pictures/${mistake.key}/units-${number}.webp`} at={at} count={units.length} mistake={mistake} after={name(unit.answer)} />
              ))}
            </ul>
          </Section>
        );
      })}
    </div>
  );
}

function Unit({ unit, sheet, at, count, mistake, after }: { unit: UnitCause; sheet: string; at: number; count: number; mistake: Mistake; after: string }) {
  const { number, manifest } = usePage();
  const state = unit.answer === mistake.t ? "mended" : unit.answer === mistake.a ? "quiet" : "";
  const cell = (row: number) => ({
    width: `${CELL}px`,
    height: `${CELL}px`,
    backgroundImage: `url("${sheet}")`,
    backgroundPosition: `${-CELL * at}px ${-CELL * row}px`,
    backgroundSize: `${CELL * count}px ${2 * CELL}px`,
  });
  return (
    <li class={state === "mended" ? "brings" : ""}>
      <span class="pair">
        <span class="tile" role="img" aria-label={`Where ${unit.unit} gives most`} style={cell(0)} />
        <span class="tile projection" role="img" aria-label={`What ${unit.unit} takes there`} style={cell(1)} />
      </span>
      <span class="told">
        <b><UnitName unit={unit.unit} /></b>
        <span>
          gives <span class="number">{short(Number(unit.amount.toPrecision(3)))}</span>
          {manifest.kind !== "values" && ` of ${number(mistake.contrast)}`}
        </span>
        <span class={state}>
          without: <bdi>{after}</bdi>, {number(unit.silenced)}
        </span>
        {unit.controls > 0 && (
          <small title={`${unit.controls} units of the layer whose activation on this image is nearest`}>
            as active: {number(unit.control)}; {share(unit.changed)} change it
          </small>
        )}
      </span>
    </li>
  );
}
