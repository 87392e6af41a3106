import { Section } from "../parts/small";
import { many } from "../words";
import type { Filter } from "./data";
import { fillsMatrix, toList, usePage } from "./data";
import { share } from "./parts";

const LISTED = 12;


/** Which classes are taken for which: a matrix of few, where it is not mostly empty, else a list; each is a way to its
 * mistakes. */
export function Pairs({ filter }: { filter: Filter }) {
  const { manifest } = usePage();
  const labels = [...new Set(manifest.pairs.map(([label]) => label))].sort((a, b) => a - b);
  const answers = [...new Set(manifest.pairs.map(([, answer]) => answer))].sort((a, b) => a - b);
  const matrix = manifest.kind === "classes" && fillsMatrix(labels, answers, manifest.pairs.length);
  if (manifest.kind === "values") {
    return (
      <Section title="How they are off" note="Values that are further off than on average.">
        <List filter={filter} />
      </Section>
    );
  }
  const most = manifest.pairs[0]?.[2] ?? 0;
  const many_ = many(manifest.pairs.length, "pair");
  const cut = manifest.pairs.length > LISTED;
  const note = matrix ? "Rows are labels, columns what was answered; in grey how many were answered rightly." : most === 1 ? `None of ${many_} is confused twice${cut ? `; ${LISTED} of them` : ""}.` : cut ? `The ${LISTED} most frequent of ${many_}.` : "Label, what was answered, and how often.";
  return (
    <Section title="Confused pairs" note={note}>
      {matrix ? <Matrix labels={labels} answers={answers} filter={filter} /> : <List filter={filter} />}
    </Section>
  );
}

function Matrix({ labels, answers, filter }: { labels: number[]; answers: number[]; filter: Filter }) {
  const { manifest, name } = usePage();
  const counts = new Map(manifest.pairs.map(([label, answer, count]) => [`${label}-${answer}`, count]));
  const right = new Map(manifest.classes.map(([label, count, wrong]) => [label, count - wrong]));
  const most = Math.max(...counts.values());
  return (
    <div class="scroll matrix" tabIndex={0} role="region" aria-label="Labels by answers">
      <table>
        <thead>
          <tr>
            <td />
            {answers.map((answer) => (
              <th key={answer} scope="col">
                <span title={name(answer)}><bdi>{name(answer)}</bdi></span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label}>
              <th scope="row" title={name(label)}>
                <bdi>{name(label)}</bdi>
              </th>
              {answers.map((answer) => {
                const count = counts.get(`${label}-${answer}`);
                const here = filter.label === label && filter.answer === answer;
                if (label === answer) return <td key={answer} class="own"><span title={`${right.get(label) ?? 0} answered rightly`}>{right.get(label) ?? 0}</span></td>;
                return (
                  <td key={answer}>
                    {count !== undefined && (
                      <a
                        href={toList(filter, here ? { label: null, answer: null } : { label, answer })}
                        aria-current={here ? "true" : undefined}
                        aria-label={`${name(label)} as ${name(answer)}: ${many(count, "mistake")}`}
                        style={{ "--share": String(Math.sqrt(count / most)) }}
                      >
                        {count}
                      </a>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function List({ filter }: { filter: Filter }) {
  const { manifest, name } = usePage();
  const most = manifest.pairs[0]?.[2] ?? 1;
  return (
    <ul class={most === 1 ? "bars wide-names once" : "bars wide-names"}>
      {manifest.pairs.slice(0, LISTED).map(([label, answer, count]) => (
        <li key={`${label}-${answer}`}>
          <a class="bar-name" href={toList(filter, { label, answer })} aria-current={filter.label === label && filter.answer === answer ? "true" : undefined} title={manifest.kind === "values" ? name(answer) : `${name(label)} as ${name(answer)}`} aria-label={`${manifest.kind === "values" ? name(answer) : `${name(label)} as ${name(answer)}`}: ${many(count, "mistake")}`}>
            {manifest.kind !== "values" && (
              <>
                <bdi>{name(label)}</bdi> <span class="quiet">as</span>{" "}
              </>
            )}
            <bdi>{name(answer)}</bdi>
          </a>
          {most > 1 && (
            <>
              <span class="bar-track">
                <span style={{ width: `${(100 * count) / most}%` }} />
              </span>
              <span class="number">{count}</span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

/** How much of each class is answered wrongly, the worst first. */
export function Classes({ filter }: { filter: Filter }) {
  const { manifest, name } = usePage();
  const worst = manifest.classes.filter(([, , wrong]) => wrong > 0).sort((a, b) => b[2] / b[1] - a[2] / a[1] || b[2] - a[2]);
  return (
    <Section title={manifest.kind === "values" ? "Values" : manifest.kind === "classes" || manifest.kind === "binary" ? "Classes" : "Labels"} note={manifest.kind === "values" ? "The share of images on which each is further off than on average." : worst.length > LISTED ? `The ${LISTED} worst of ${worst.length} with mistakes: the share that is answered otherwise.` : "The share of each that is answered otherwise."}>
      <ul class="bars wide-names">
        {worst.slice(0, LISTED).map(([label, count, wrong]) => (
          <li key={label}>
            <a class="bar-name" href={toList(filter, { label, answer: null })} title={name(label)} aria-current={filter.label === label && filter.answer === null ? "true" : undefined}>
              <bdi>{manifest.kind === "values" ? name(label).replace(/ ?close$/, "") || "value" : name(label)}</bdi>
            </a>
            <span class="bar-track">
              <span style={{ width: `${(100 * wrong) / count}%` }} />
            </span>
            <span class="number" title={`${wrong} of ${count}`}>
              {share(wrong / count)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
