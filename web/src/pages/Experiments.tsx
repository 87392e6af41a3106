import { useState } from "preact/hooks";
import { Covered } from "../parts/Covered";
import { Facts, Loading, Name, Problem, Section } from "../parts/small";
import { parseUnit, toExperiment, toImage, toUnit } from "../route";
import { saveFile } from "../shell";
import { useAtlas, useData, usePicture } from "../store";
import type { Experiment } from "../types";
import { listed, many, readable } from "../words";

const KINDS: Record<string, string> = {
  occlusion: "Occlusion",
  invariance: "Invariance",
  correspondence: "Correspondence",
  causes: "Causes",
  effects: "Effects",
  mistakes: "Mistakes",
  evolution: "Evolution",
  diagnosis: "Diagnosis",
  sanity: "What projections are worth",
  tuning: "Tuning",
  ablation: "Ablation",
  transfer: "Transfer",
  check: "Check",
};

export function ExperimentsPage() {
  const found = useData<Experiment[]>("experiments");
  if (found.error) return <Nothing />;
  if (!found.value) return <Loading what="experiments" />;
  if (!found.value.length) return <Nothing />;
  return (
    <>
      <h1>Experiments</h1>
      <p class="lead">Results that other commands placed beside the units: {many(found.value.length, "experiment")}.</p>
      <ul class="experiments">
        {found.value.map((experiment) => (
          <li key={experiment.name}>
            <a href={toExperiment(experiment.name)}>
              <Figure experiment={experiment} file={experiment.figures[0] ?? null} small />
              <span class="op">{KINDS[experiment.kind] ?? experiment.kind}</span>
              <b>
                <bdi>{experiment.title}</bdi>
              </b>
              <span class="quiet clamp">{experiment.summary}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

const Nothing = () => (
  <>
    <h1>Experiments</h1>
    <p class="empty">
      There are none yet. Commands such as <code>convscope occlude</code> place their results here when they are told the atlas's folder.
    </p>
  </>
);

function Figure({ experiment, file, small }: { experiment: Experiment; file: string | null; small?: boolean }) {
  const url = usePicture(file === null ? null : `experiments/${experiment.name}/${file}`);
  const caption = experiment.captions[experiment.figures.indexOf(file ?? "")] ?? "";
  const [wide, widen] = useState(false);
  if (!url) return small ? <Glimpse experiment={experiment} /> : null;
  if (small) return <img src={url} alt="" loading="lazy" />;
  return (
    <figure class={wide ? "result wide" : "result"}>
      <a href={url} target="_blank" rel="noreferrer">
        <img
          src={url}
          alt={caption || `Figure ${file} of ${experiment.title}`}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => widen(naturalWidth > 2 * naturalHeight)}
        />
      </a>
      {caption && <figcaption>{caption}</figcaption>}
    </figure>
  );
}

/** A card without a figure: the beginning of its table. */
function Glimpse({ experiment }: { experiment: Experiment }) {
  const shown = experiment.shown;
  return (
    <span class="no-figure" aria-hidden="true">
      {shown &&
        [shown.columns, ...shown.rows.slice(0, 3)].map((row, i) => (
          <span key={i}>
            {row.slice(0, 4).map((cell, j) => (
              <bdi key={j}>{cell}</bdi>
            ))}
          </span>
        ))}
    </span>
  );
}

const cellOf = (text: string): string => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

export function ExperimentPage({ name }: { name: string }) {
  const { store } = useAtlas();
  const found = useData<Experiment[]>("experiments");
  if (!found.value && !found.error) return <Loading what={name} />;
  const experiment = found.value?.find((one) => one.name === name);
  if (!experiment) return <Problem title="No such experiment">“{name}” is not in this atlas.</Problem>;
  const shown = experiment.shown;
  const whole = shown !== null && shown.rows.length === shown.count;
  const save = (): void => {
    if (shown) saveFile(`${experiment.name}.csv`, [shown.columns, ...shown.rows].map((row) => `${row.map(cellOf).join(",")}\n`).join(""), "text/csv");
  };
  return (
    <>
      <div class="page-head">
        <div>
          <h1>
            <bdi>{experiment.title}</bdi>
          </h1>
          <p class="lead">{KINDS[experiment.kind] ?? experiment.kind}</p>
        </div>
      </div>
      {experiment.summary.split(/\n\s*\n/).map((paragraph, i) => (
        <p key={i} class="prose">
          {paragraph}
        </p>
      ))}
      {experiment.kind === "occlusion" && experiment.data && <Covered name={experiment.name} />}
      <div class="findings">
        {experiment.figures.map((file) => (
          <Figure key={file} experiment={experiment} file={file} />
        ))}
        {shown && (
          <Section class="panel wide" title="Table" note={whole ? undefined : `The first ${shown.rows.length} of ${shown.count} rows.`}>
            <Table columns={shown.columns} rows={shown.rows} />
            <p class="actions">
              {whole ? (
                <button type="button" onClick={save}>
                  Download CSV
                </button>
              ) : (
                store.host.kind === "folder" && (
                  <a class="button" href={`experiments/${encodeURIComponent(experiment.name)}/table.csv`} download={`${experiment.name}.csv`}>
                    Download CSV
                  </a>
                )
              )}
            </p>
          </Section>
        )}
      </div>
      <About experiment={experiment} />
    </>
  );
}

const numeric = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));

/** A table to read: numbers of many digits are rounded, and say the rest when pointed at. */
function Table({ columns, rows }: { columns: string[]; rows: string[][] }) {
  const right = columns.map((_, i) => rows.every((row) => numeric(row[i] ?? "") || !row[i]));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Rows of the table">
      <table>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th key={i} scope="col" class={right[i] ? "number" : ""}>
                <bdi>{column}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} class={right[j] ? "number" : ""} title={right[j] && readable(cell) !== cell ? cell : undefined}>
                  <bdi>{right[j] ? readable(cell) : cell}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function About({ experiment }: { experiment: Experiment }) {
  const units = experiment.units.flatMap((text) => parseUnit(text) ?? []);
  const settings = listed(experiment.settings);
  return (
    <div class="cards settings">
      {(units.length > 0 || experiment.images.length > 0) && (
        <Section title="About">
          <p class="chips">
            {units.map((unit) => (
              <a key={`${unit.layer}:${unit.channel}`} class="chip" href={toUnit(unit.layer, unit.channel)}>
                <Name text={`${unit.layer}:${unit.channel}`} />
              </a>
            ))}
            {experiment.images.map((image) => (
              <a key={image} class="chip" href={toImage(image)}>
                image {image}
              </a>
            ))}
          </p>
        </Section>
      )}
      {settings.length > 0 && (
        <Section title="Settings">
          <Facts rows={settings} />
        </Section>
      )}
    </div>
  );
}
