import { Section } from "../parts/small";
import { many } from "../words";
import type { Filter } from "./data";
import { toList, usePage } from "./data";
import { share } from "./parts";

const FEW = 16; // classes that fit a matrix
const LISTED = 12;

/** Which classes are taken for which: a matrix of few, a list of many; each is a way to its mistakes. */
export function Pairs({ filter }: { filter: Filter }) {
  const { manifest } = usePage();
  const involved = new Set(manifest.pairs.flatMap(([label, answer]) => [label, answer]));
  const note = involved.size <= FEW ? "Rows are labels, columns what was answered." : (manifest.pairs[0]?.[2] ?? 0) > 1 ? `The ${LISTED} most frequent of ${many(manifest.pairs.length, "pair")}.` : `None of ${many(manifest.pairs.length, "pair")} is confused twice; ${LISTED} of them.`;
  return (
    <Section title="Confused pairs" note={note}>
      {involved.size <= FEW ? <Matrix classes={[...involved].sort((a, b) => a - b)} filter={filter} /> : <List filter={filter} />}
    </Section>
  );
}

function Matrix({ classes, filter }: { classes: number[]; filter: Filter }) {
  const { manifest, name } = usePage();
  const counts = new Map(manifest.pairs.map(([label, answer, count]) => [`${label}-${answer}`, count]));
  const most = Math.max(...counts.values());
  return (
    <div class="scroll matrix" tabIndex={0} role="region" aria-label="Labels by answers">
      <table>
        <thead>
          <tr>
            <td />
            {classes.map((answer) => (
              <th key={answer} scope="col">
                <span><bdi>{name(answer)}</bdi></span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map((label) => (
            <tr key={label}>
              <th scope="row">
                <bdi>{name(label)}</bdi>
              </th>
              {classes.map((answer) => {
                const count = counts.get(`${label}-${answer}`);
                const here = filter.label === label && filter.answer === answer;
                return (
                  <td key={answer} class={label === answer ? "own" : ""}>
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
    <ul class="bars wide-names">
      {manifest.pairs.slice(0, LISTED).map(([label, answer, count]) => (
        <li key={`${label}-${answer}`}>
          <a class="bar-name" href={toList(filter, { label, answer })} title={`${name(label)} as ${name(answer)}`}>
            <bdi>{name(label)}</bdi> as <bdi>{name(answer)}</bdi>
          </a>
          <span class="bar-track">
            <span style={{ width: `${(100 * count) / most}%` }} />
          </span>
          <span class="number">{count}</span>
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
    <Section title="Classes" note={worst.length > LISTED ? `The ${LISTED} worst of ${worst.length} with mistakes: the share that is answered otherwise.` : "The share of each that is answered otherwise."}>
      <ul class="bars wide-names">
        {worst.slice(0, LISTED).map(([label, count, wrong]) => (
          <li key={label}>
            <a class="bar-name" href={toList(filter, { label, answer: null })} title={name(label)} aria-current={filter.label === label && filter.answer === null ? "true" : undefined}>
              <bdi>{name(label)}</bdi>
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
