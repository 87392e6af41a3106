import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Choice, Contrast } from "./Contrast";
import { calledOf, Drawn, told as drawn, useAsked, useBench } from "../bench";
import { covered } from "../cover";
import { bitmap, enlarged, patch, type Picture } from "../draw";
import { useKeys } from "../keys";
import { usePlace } from "../place";
import { ofProjection } from "../session";
import type { Cover, Pair, Rule } from "../state";
import { doingOf, unitParts, without } from "../state";
import type { Projected } from "../types";
import { ALIKE } from "../../words";
import { number } from "../words";
import { Causes } from "./Causes";
import { NineBest } from "./NineBest";
import { MapPick } from "./MapPick";
import { Rules } from "./Rules";
import { Slow } from "./Slow";

const RULES = [["deconvnet", "deconvnet"], ["guided", "guided"], ["gradient", "gradient"]] as const;
const SIDE = 176;

/** A value once it has stayed for a while. */
export function useSettled<T>(value: T, milliseconds: number): T {
  const [settled, set] = useState(value);
  const key = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), milliseconds);
    return () => clearTimeout(timer);
  }, [key]);
  return settled;
}

/** A unit: what it takes from the photo, beside its best in the atlas; what fed it. */
export function UnitPanel() {
  const { chosen, held } = useBench();
  const place = useRef<HTMLElement>(null);
  const unit = chosen.unit;
  useEffect(() => {
    // Where the panel lies below what was clicked, it is brought into view.
    const panel = place.current;
    if (unit && panel && panel.offsetTop > 0.6 * innerHeight) panel.scrollIntoView({ block: "nearest" });
  }, [unit]);
  if (!unit || !held) {
    return (
      <section class="panel unit-panel hint-panel" aria-label="A unit">
        <h2>A unit</h2>
        <p class="note">Choose one of the strongest units, or a class: here is what it takes from the photo, and what fed it.</p>
      </section>
    );
  }
  return (
    <section class="panel unit-panel" aria-labelledby="unit-title" ref={place}>
      <Unit key={held.told.photo} unit={unit} />
    </section>
  );
}

function Unit({ unit }: { unit: string }) {
  const { chosen, choose, held, about, session } = useBench();
  const { alone } = usePlace();
  const [found, setFound] = useState<{ told: Projected; picture: Picture; asked: string } | null>(null);
  const [walk, setWalk] = useState<{ path: string[]; to: string }>({ path: [], to: "" });
  // Who goes elsewhere leaves the walk.
  const walked = without(walk.to) === without(unit) ? walk.path : [];
  const settled = useSettled(doingOf(chosen), 180);
  const under = JSON.stringify(settled.cover);
  const seen = useMemo(() => held && covered(held.crop, settled.cover as Cover | null, about.grey), [held?.crop, under]);
  const parts = unitParts(unit);
  const layer = about.layers.find((one) => one.name === parts?.layer);
  const question = { kind: "project", photo: held?.told.photo, unit, rule: chosen.rule, ...settled };
  useAsked(question, async (api, asked, signal) => {
    const told = await api.one<Projected>(asked, signal);
    const picture = await bitmap(told.projection);
    setFound({ told, picture, asked: unit });
    if (!seen) return;
    const photoOf = (): string => {
      const canvas = document.createElement("canvas");
      patch(canvas, seen, told.box, 160);
      return canvas.toDataURL("image/png");
    };
    session.add(ofProjection(asked, told, photoOf));
  });
  useKeys({ f: () => toggle("followed"), m: () => toggle("silenced") });
  useLayoutEffect(() => {
    if (found) drawn("projection");
  }, [found]);
  const name = without(unit);
  const toggle = (what: "followed" | "silenced"): void => {
    if (what === "silenced" && !canSilence) return;
    const listed = chosen[what];
    choose({ [what]: listed.includes(name) ? listed.filter((one) => one !== name) : [...listed, name] });
  };
  const canSilence = !!parts && !parts.channel.includes("-") && parts.layer !== about.output;
  const isSilent = chosen.silenced.includes(name);
  const others = chosen.silenced.length - (isSilent ? 1 : 0);
  const likeness = parts ? about.atlas?.layers[parts.layer]?.likeness : null;
  const told = found?.told;
  const at = told && unitParts(told.unit)?.at;
  const called = (found?.asked === unit ? told?.name : null) ?? calledOf(about, unit);
  /** From a unit to one of its causes: its own list may still be shown when another was gone on to. */
  const goOn = (from: string, to: string): void => {
    if (to === unit) return;
    const at = walked.lastIndexOf(from);
    setWalk({ path: [...(at >= 0 ? walked.slice(0, at) : walked), from], to });
    choose({ unit: to }, "push");
  };
  return (
    <>
      <div class="unit-head">
        <h2 id="unit-title">
          <bdi>{called ?? unit}</bdi>
        </h2>
        <button class="icon" type="button" onClick={() => choose({ unit: null }, "push")} aria-label="Close the unit">
          ×
        </button>
      </div>
      <p class="note">
        {called ? `${unit}, ` : ""}activation <b class="number">{number(told?.value)}</b>
        {called ? " (what its score is made from)" : ""}
        {at ? ` at row ${at[0]}, column ${at[1]} of its map` : ""}
      </p>
      {walked.length > 0 && (
        <nav class="walked" aria-label="Walked from">
          {walked.map((one, nth) => (
            <button
              key={nth}
              class="plain"
              type="button"
              onClick={() => {
                setWalk({ path: walked.slice(0, nth), to: one });
                choose({ unit: one }, "push");
              }}
            >
              {one}
            </button>
          ))}
        </nav>
      )}
      {likeness !== null && likeness !== undefined && likeness > ALIKE && (
        <p class="caution">In this layer the projection of a random signal looks much the same (median likeness {likeness.toFixed(2)}): it tells of the photo more than of the unit.</p>
      )}
      <div class="pictures" data-late={found !== null && found.asked !== unit}>
        <figure>
          {found && seen ? <Drawn draw={(canvas) => patch(canvas, seen, found.told.box, SIDE)} of={[seen, found]} label="Its receptive field in the photo" /> : <span class="no-picture" />}
          <figcaption>photo</figcaption>
        </figure>
        <figure class="projected">
          {found ? <Drawn class="projection" draw={(canvas) => enlarged(canvas, found.picture, SIDE)} of={[found]} label={`What ${unit} takes from it`} /> : <span class="no-picture" />}
          <figcaption>projection</figcaption>
        </figure>
      </div>
      {found === null && <Slow />}
      {isSilent && <p class="note">It is silenced: this is what it takes where it is heard{others ? `, with ${others} silenced beside it` : ""}.</p>}
      {!isSilent && others > 0 && <p class="note">With {others === 1 ? "the silenced unit" : `the ${others} silenced units`} at zero.</p>}
      <div class="unit-bar">
        <Choice label="How signals go back" value={chosen.rule} options={RULES} change={(rule: Rule) => choose({ rule })} />
        <Contrast />
      </div>
      <Rules rule={chosen.rule} report={told?.report} />
      <div class="unit-bar">
        <button type="button" aria-pressed={chosen.followed.includes(name)} title="Its activation stays in sight while the photo is covered, turned or silenced" onClick={() => toggle("followed")}>
          {chosen.followed.includes(name) ? "Followed ✓" : "Follow"}
        </button>
        {canSilence && (
          <button type="button" role="switch" aria-checked={isSilent} aria-label="Silence" title={isSilent ? "Let it speak again" : "Set it to zero, and see what the classes do"} onClick={() => toggle("silenced")}>
            {isSilent ? "Silenced ✓" : "Silence"}
          </button>
        )}
        {alone && about.atlas && parts && about.atlas.layers[parts.layer] && !parts.channel.includes("-") && (
          <a class="button" href={`../#/u/${encodeURIComponent(`${parts.layer}:${parts.channel}`)}`}>
            In the atlas
          </a>
        )}
      </div>
      {layer?.spatial && parts && <MapPick unit={name} layer={layer} at={told ? unitParts(told.unit)?.at ?? null : null} other={told && without(told.unit) === name ? told.map : null} choose={(at: Pair | null) => choose({ unit: at ? `${name}@${at[0]},${at[1]}` : name })} />}
      {parts && <NineBest layer={parts.layer} channel={parts.channel} />}
      {seen && <Causes unit={unit} settled={settled} photo={seen} walk={goOn} />}
    </>
  );
}
