import { toImage } from "../route";
import { useData } from "../store";
import type { EvaluationData } from "../types";
import { baseName, many, percent } from "../words";
import { ClassName, Section } from "../parts/small";
import { Thumb } from "../parts/WholeImage";

/** What a network took for what: the confusion of few classes, its mistakes by kind, and those it was surest of. */
export function Answered({ name }: { name: string }) {
  const found = useData<EvaluationData>(`experiments/${name}`).value;
  if (!found?.pairs) return null;
  const { matrix, pairs, surest, wrong } = found;
  return (
    <>
      {matrix && <Confusion matrix={matrix} />}
      {pairs.length > 0 && (
        <Section class="panel wide answered" title="What was taken for what" note={`${many(wrong, "image")} answered wrongly, by class and answer, the most frequent first.`}>
          <ul>
            {pairs.map((one) => (
              <li key={`${one.label}\n${one.answer}`}>
                <span class="taken-for">
                  <ClassName name={one.label} number={-1} /> <span class="quiet">taken for</span> <ClassName name={one.answer} number={-1} />
                </span>
                <b class="number">{one.count}</b>
                <span class="thumbs">
                  {one.images.map((image) => (
                    <a key={image} href={toImage(image)} aria-label={`Image ${image}, ${one.label} taken for ${one.answer}`}>
                      <Thumb image={image} side={44} />
                    </a>
                  ))}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {surest.length > 0 && (
        <Section class="panel wide" title="Surest mistakes" note="Wrong answers that were the most probable to the network.">
          <ul class="tiles surest">
            {surest.map((one, i) => (
              <li key={i}>
                {one.image !== null ? (
                  <a href={toImage(one.image)} aria-label={one.name} title={one.name}>
                    <Thumb image={one.image} side={120} />
                  </a>
                ) : (
                  <small>
                    <bdi>{baseName(one.name)}</bdi>
                  </small>
                )}
                <small>
                  <ClassName name={one.label} number={-1} />
                </small>
                <small>
                  {percent(Number(one.sure.toPrecision(3)))} <ClassName name={one.answer} number={-1} />
                </small>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

/** Counts of answers by class: the more of a class, the fuller the cell; what is right is framed. */
function Confusion({ matrix: { classes, answers, targets, counts } }: { matrix: NonNullable<EvaluationData["matrix"]> }) {
  return (
    <Section class="panel wide" title="Confusion" note="Rows are the images' classes, columns what was answered; right answers are framed.">
      <div class="scroll" tabIndex={0} role="region" aria-label="Confusion of classes">
        <table class="confusion">
          <thead>
            <tr>
              <td />
              {answers.map((answer, column) => (
                <th key={column} scope="col">
                  <span>
                    <bdi title={answer}>{answer}</bdi>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {counts.map((row, at) => {
              const all = row.reduce((sum, one) => sum + one, 0) || 1;
              return (
                <tr key={at}>
                  <th scope="row">
                    <ClassName name={classes[at]} number={at} />
                  </th>
                  {row.map((count, column) => (
                    <td key={column} class={targets[at] === column ? "right" : ""} style={{ "--share": `${Math.round((100 * count) / all)}%` }}>
                      {count || <span class="quiet">·</span>}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
