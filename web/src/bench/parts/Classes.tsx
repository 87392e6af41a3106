import { calledOf, probable, useBench } from "../bench";
import { number, score, signed } from "../words";
import type { ClassTold } from "../types";

/** What the network answers, with bars; what it answered to the photo as it is stands behind. */
export function Classes() {
  const { glance, about, chosen, choose } = useBench();
  if (!glance) return null;
  const doing = chosen.cover.length || chosen.transform || chosen.silenced.length;
  const isProbable = probable(about);
  const most = isProbable ? 1 : Math.max(1e-9, ...glance.classes.flatMap((one) => [Math.abs(one.score ?? 0), Math.abs(one.before ?? 0)]));
  return (
    <section class="panel" aria-labelledby="classes-title">
      <h2 id="classes-title">{isProbable ? "Classes" : "Answers"}</h2>
      {glance.classes.length === 0 ? (
        <p class="note">The output of this network has no meaning that is known: {about.meaning}</p>
      ) : (
        <ol class="answers" aria-label={isProbable ? "The most probable classes" : "The largest answers"}>
          {glance.classes.map((one) => (
            <li key={one.channel}>
              <Answer one={one} most={most} chosen={chosen.unit === `${about.output}:${one.channel}`} pick={about.outputListed ? () => choose({ unit: `${about.output}:${one.channel}` }, "push") : null} />
            </li>
          ))}
        </ol>
      )}
      {doing ? <p class="note">The line marks the photo as it is.</p> : null}
      {chosen.silenced.length > 0 && <Silenced />}
      {glance.changed && !doing && <Changed />}
    </section>
  );
}

function Answer({ one, most, chosen, pick }: { one: ClassTold; most: number; chosen: boolean; pick: (() => void) | null }) {
  const { about } = useBench();
  const words = score(one.score, probable(about));
  const body = (
    <>
      <bdi class="answer-name" title={one.name}>
        {one.name}
      </bdi>
      <span class="answer-score">{words}</span>
      <span class="answer-bar" aria-hidden="true">
        <i style={{ width: `${(100 * Math.abs(one.score ?? 0)) / most}%` }} />
        {one.before !== undefined && <b style={{ left: `${Math.min(100, (100 * Math.abs(one.before)) / most)}%` }} />}
      </span>
      {one.before !== undefined && <span class="heard">, {score(one.before, probable(about))} as it is</span>}
    </>
  );
  return pick ? (
    <button type="button" aria-pressed={chosen} onClick={pick} title="What it takes from the photo">
      {body}
    </button>
  ) : (
    <div class="answer">{body}</div>
  );
}

function Silenced() {
  const { chosen, choose } = useBench();
  return (
    <div class="silenced">
      <h3>Silenced units</h3>
      <ul class="chips">
        {chosen.silenced.map((unit) => (
          <li key={unit}>
            <button class="chip" type="button" onClick={() => choose({ silenced: chosen.silenced.filter((one) => one !== unit) })} title="Let it speak again">
              {unit}
              <span aria-hidden="true">×</span>
              <span class="heard">let it speak again</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Changed() {
  const { glance, about, choose } = useBench();
  const changed = glance?.changed;
  if (!changed) return null;
  return (
    <details class="changed" open>
      <summary>
        Changed against <bdi>{changed.name}</bdi>
      </summary>
      <ul>
        {changed.classes.map((one) => (
          <li key={one.channel}>
            <bdi>{one.name}</bdi> <span>{probable(about) ? `${signed(100 * (one.now - one.before))} %` : signed(one.now - one.before)}</span>
          </li>
        ))}
      </ul>
      <h3>Units, before and now</h3>
      <ul>
        {changed.units.map((one) => (
          <li key={one.unit}>
            <button class="plain" type="button" onClick={() => choose({ unit: one.unit }, "push")}>
              {calledOf(about, one.unit) ?? one.unit}
            </button>{" "}
            <span>
              {number(one.before)} → {number(one.now)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
