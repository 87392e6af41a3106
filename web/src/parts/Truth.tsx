import { toExperiment } from "../route";
import { useAtlas, useExperiments } from "../store";
import type { Experiment, LayerEntry } from "../types";
import { ALIKE } from "../words";

export interface Verdict {
  layer: string;
  rule: string;
  verdict: string;
  experiment: string;
}

/** What tests of projections found, by layer and rule: the rows of results of `convscope sanity`. */
export function verdicts(experiments: Experiment[]): Verdict[] {
  return experiments.flatMap((one): Verdict[] => {
    if (one.verdicts) return one.verdicts.map(([layer = "", rule = "", verdict = ""]) => ({ layer, rule, verdict, experiment: one.name }));
    const [layer, rule, verdict] = ["layer", "rule", "verdict"].map((column) => (one.kind === "sanity" ? (one.shown?.columns.indexOf(column) ?? -1) : -1)) as [number, number, number];
    if (layer < 0 || verdict < 0) return [];
    return (one.shown?.rows ?? []).map((row) => ({ layer: row[layer] ?? "", rule: row[rule] ?? "", verdict: row[verdict] ?? "", experiment: one.name }));
  });
}

const MEANING: Record<string, string> = {
  what: "projections say something about their unit",
  "where, not what": "projections say where, not what",
  neither: "projections do not even say where",
  "cannot tell": "too few units or images to tell",
};

/** The verdict on a layer's projections under the rule of this atlas; nothing where it was not tested. */
export function Tested({ layer, brief }: { layer: string; brief?: boolean }) {
  const { manifest } = useAtlas();
  const found = useExperiments();
  const one = verdicts(found ?? []).find((row) => row.layer === layer && row.rule === manifest.options.rule);
  if (!one) return null;
  if (brief) return <small title={MEANING[one.verdict]}>tested: {one.verdict}</small>;
  return (
    <>
      Tested: <a href={toExperiment(one.experiment)}>{MEANING[one.verdict] ?? one.verdict}</a>
    </>
  );
}

/** What a unit's likeness to its control means, in words, where there is something to be said. */
export function Likeness({ layer, similarity }: { layer: LayerEntry; similarity: number | null }) {
  return (
    <p class={similarity !== null && similarity > ALIKE ? "caution small" : "note"}>
      {similarity !== null && (similarity > ALIKE ? `Its projection is nearly that of random numbers at this place (likeness ${similarity.toFixed(2)}): it says where, hardly what. ` : `Likeness to its control ${similarity.toFixed(2)}: ${Math.round(100 * similarity ** 2)} % of its energy is as in the control, the rest is its own. `)}
      <Tested layer={layer.name} />
    </p>
  );
}

/** How the pictures of a unit and the numbers about it are to be read. */
export function HowToRead({ layer, labelled }: { layer: LayerEntry; labelled: boolean }) {
  const { manifest } = useAtlas();
  const { options, data } = manifest;
  const rows: [string, string][] = [
    ["Photos", `The ${options.k} images that excite the unit most, one place in each: its receptive field. Plain colour is padding: the field reaches beyond the image there, and the network is given zeros.`],
    ["Projections", `What the ${options.rule} rule carries from the unit's activation back to the pixels. Mid-grey is zero; each picture has a scale of its own, so strengths are not to be compared between pictures: black and white are the magnitude that 2 % of the values exceed.`],
    ...(layer.content ? ([["Zoom", "The smallest part of the field that holds 95 % of a projection's energy, marked with dashes in the whole image."]] as [string, string][]) : []),
    ["Responses", "In the network's own units, which have no scale that layers share: compare a unit with itself, or by share of its maximum."],
    ...(labelled ? ([["Class selectivity", `(m − r) / (m + r): m the mean response to the class the unit prefers, r that to the others. Of ${data.count} images in ${data.classes} classes, some ${Math.max(1, Math.round(data.count / Math.max(1, data.classes)))} each: ${data.count / Math.max(1, data.classes) < 50 ? "few, so that it is large by chance too." : "enough to go by."}`]] as [string, string][]) : []),
    ["Like control", "How much a projection is like one that begins with random numbers at all units of its place: 1 alike, 0 unrelated. What is alike says little about the unit."],
  ];
  return (
    <details class="how">
      <summary>How to read this</summary>
      <dl>
        {rows.map(([term, words]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
