import { useState } from "preact/hooks";
import { calledOf, Drawn, useAsked, useBench } from "../bench";
import { type Picture, patch } from "../draw";
import { ofCauses } from "../session";
import { unitParts, without } from "../state";
import type { Caused } from "../types";
import { number, signed } from "../words";

/** What fed the unit, one layer down; each cause is a unit to walk on to, down to the pixels. */
export function Causes({ unit, settled, photo, walk }: { unit: string; settled: object; photo: Picture | HTMLCanvasElement; walk: (from: string, to: string) => void }) {
  const { about, held, session } = useBench();
  const [found, setFound] = useState<{ of: string; told: Caused | null; first: boolean } | null>(null);
  useAsked({ kind: "causes", photo: held?.told.photo, unit, ...settled }, async (api, asked, signal) => {
    try {
      const told = await api.one<Caused>(asked, signal);
      setFound({ of: unit, told, first: false });
      session.add(ofCauses(asked, told));
    } catch (error) {
      // Units of the first layer are fed by pixels alone: that is an answer.
      if (!(error as Error).message.includes("is the first layer")) throw error;
      setFound({ of: unit, told: null, first: true });
    }
  });
  if (!found) return null;
  if (found.first) return <p class="note">The first layer: pixels alone feed it, as the projection shows.</p>;
  const told = found.told as Caused;
  const most = Math.max(1e-9, ...told.nodes.map((node) => Math.abs(node.amount)));
  const { balance } = told;
  const others = Object.values(balance.others).reduce((sum, one) => sum + one, 0);
  return (
    <div class="causes" data-late={found.of !== unit}>
      <h3>
        What fed it, from <bdi>{told.layer}</bdi>
      </h3>
      <ul>
        {told.nodes.map((node) => (
          <li key={node.unit}>
            <button type="button" onClick={() => walk(found.of, node.unit)} title="Walk on to this unit">
              <span class="cause-picture">{node.box && <Drawn draw={(canvas) => patch(canvas, photo, node.box as [number, number, number, number], 40)} of={[photo, node]} />}</span>
              <span class="cause-name">
                <span class="heard">{told.layer}:</span>
                {calledOf(about, node.unit) ?? without(node.unit).slice(told.layer.length + 1)}
                {unitParts(node.unit)?.at && <small class="quiet"> at {unitParts(node.unit)?.at?.join(", ")}</small>}
              </span>
              <span class="cause-bar" data-against={node.amount < 0}>
                <i style={{ width: `${(100 * Math.abs(node.amount)) / most}%` }} />
              </span>
              <span class="number">{signed(node.amount)}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class="note">
        What each gives is its activation times the signal that is carried back to it. Adds up: {number(balance.amount)} is {number(balance.parts)} from all units of the layer{others ? `, ${signed(others)} by other ways` : ""}, {signed(balance.biases)} from biases
        {told.curved ? `, ${signed(balance.remainder)} not accounted for (curved: ${told.curved})` : ""}.
      </p>
    </div>
  );
}
