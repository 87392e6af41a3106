import { calledOf, useBench } from "../bench";
import { number } from "../words";

/** Units that are followed while the photo is covered, turned or silenced. */
export function Followed() {
  const { about, glance, chosen, choose } = useBench();
  if (!chosen.followed.length) return null;
  return (
    <section class="followed" aria-label="Followed units">
      <h2>Followed</h2>
      <p class="note">Each unit's activations summed over its whole map; the line marks the photo as it is.</p>
      <ul>
        {(glance?.followed ?? []).map((one) => {
          const most = Math.max(Math.abs(one.before), Math.abs(one.value), 1e-9);
          return (
            <li key={one.unit}>
              <button class="plain" type="button" onClick={() => choose({ unit: one.unit }, "push")}>
                {calledOf(about, one.unit) ?? one.unit}
              </button>
              <span class="answer-bar" aria-hidden="true">
                <i style={{ width: `${(100 * Math.abs(one.value)) / most}%` }} />
                <b style={{ left: `${(100 * Math.abs(one.before)) / most}%` }} />
              </span>
              <span class="number">
                {number(one.value)} <span class="quiet">of {number(one.before)}</span>
              </span>
              <button class="icon small" type="button" aria-label={`Follow ${one.unit} no longer`} onClick={() => choose({ followed: chosen.followed.filter((unit) => unit !== one.unit) })}>
                ×
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
