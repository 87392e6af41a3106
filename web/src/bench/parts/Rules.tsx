import type { Rule } from "../state";

const WORDS: [Rule, string][] = [
  ["deconvnet", "the paper's way: the activation goes back through the same filters; at each ReLU what is negative is dropped, and pooling puts it back where the maximum was."],
  ["guided", "guided backpropagation: the same, and only where the units on the way are active themselves. Cleaner to look at; what is in the photo counts for more, and the unit for less."],
  ["gradient", "how much the activation would change with each pixel: nothing is dropped on the way but what is not active. Exact, and noisy to look at."],
];

/** What the rules are, and what a projection shows; and what was done on the way back of this one. */
export function Rules({ rule, report }: { rule: Rule; report: string | undefined }) {
  return (
    <details class="rules">
      <summary>What {rule} shows, and how the three differ</summary>
      <dl>
        {WORDS.map(([name, words]) => (
          <div key={name} data-chosen={name === rule}>
            <dt>{name}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <p class="note">
        Mid-grey is nothing. What is brighter than that, in each colour, speaks for the unit, what is darker against it; the strongest pixel is black or white.
        {report ? ` On this way back: ${report}.` : ""}
      </p>
    </details>
  );
}
