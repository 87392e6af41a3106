import { useState } from "preact/hooks";
import { Answered } from "./Answered";
import { ChartView, Sketch } from "./Chart";
import { Covered } from "./Covered";
import { Epochs } from "./Epochs";
import { Masks } from "./Masks";
import { ResultTable } from "./ResultTable";
import { FedAll } from "../parts/Caused";
import { Facts, Loading, Problem, Section, UnitWords } from "../parts/small";
import { parseUnit, toExperiment, toImage, toUnit } from "../route";
import { saveFile } from "../shell";
import { layerOfUnit, useAtlas, useData, usePicture } from "../store";
import type { Experiment, ResultData } from "../types";
import { listed, many } from "../words";

const KINDS: Record<string, string> = {
  diagnosis: "Diagnosis of the first layers",
  sanity: "What projections are worth",
  check: "Check of the network",
  paper: "The paper's claims",
};

/** A kind in words. */
export const kindOf = (kind: string): string => KINDS[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1);

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
              {experiment.sketch?.length ? <Sketch curves={experiment.sketch} drawn={experiment.drawn} image={experiment.images[0]} /> : <Figure experiment={experiment} file={experiment.figures[0] ?? null} small />}
              <span class="op">{kindOf(experiment.kind)}</span>
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
  const { host } = useAtlas().store;
  if (!url) return small ? <Glimpse experiment={experiment} /> : null;
  if (small) return <img src={url} alt="" loading="lazy" />;
  const picture = <img src={url} alt={caption || `Figure ${file} of ${experiment.title}`} onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => widen(naturalWidth > 2 * naturalHeight)} />;
  return (
    <figure class={wide ? "result wide" : "result"}>
      {/* Browsers open no picture that lies within a file in a tab of its own. */}
      {host.kind === "file" ? picture : (
        <a href={url} target="_blank" rel="noreferrer">
          {picture}
        </a>
      )}
      {caption && <figcaption>{caption}</figcaption>}
    </figure>
  );
}

/** A card without a figure: the beginning of its table. */
function Glimpse({ experiment: { glimpse, shown } }: { experiment: Experiment }) {
  const rows = glimpse ?? (shown ? [shown.columns, ...shown.rows.slice(0, 3)] : []);
  return (
    <span class="no-figure" aria-hidden="true">
      {rows.map((row, i) => (
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

export function ExperimentPage({ name, query }: { name: string; query: URLSearchParams }) {
  const found = useData<Experiment[]>("experiments");
  const entry = found.value?.find((one) => one.name === name);
  // A list of old has all of it; else its own script does, which is loaded when it is looked at.
  const whole = useData<Experiment>(entry?.sketch ? `results/${name}` : null);
  const data = useData<ResultData>(entry?.data ? `experiments/${name}` : null);
  if (!found.value && !found.error) return <Loading what={name} />;
  if (!entry) return <Problem title="No such experiment">“{name}” is not in this atlas.</Problem>;
  if (whole.error) return <Problem title="Data is missing">{whole.error.message}</Problem>;
  const experiment = entry.sketch ? whole.value : entry;
  if (!experiment || (entry.data && !data.value && !data.error)) return <Loading what={name} />;
  return <Result experiment={experiment} data={data.value ?? {}} query={query} />;
}

/** Kinds whose page has parts that show what their figures do, which are then for print. */
const OWN = ["occlusion", "evolution", "correspondence", "causes"];

const LONG = 1200; // characters that are not read before what is drawn

const Prose = ({ text }: { text: string }) => (
  <>
    {text.split(/\n\s*\n/).map((paragraph, i) => (
      <p key={i} class="prose">
        {paragraph}
      </p>
    ))}
  </>
);

function Result({ experiment, data, query }: { experiment: Experiment; data: ResultData; query: URLSearchParams }) {
  const { kind, name } = experiment;
  const drawn = (data.charts?.length ?? 0) > 0 || (OWN.includes(kind) && experiment.data);
  const figures = experiment.figures.map((file) => <Figure key={file} experiment={experiment} file={file} />);
  const [open, fold] = useState(false);
  return (
    <>
      <div class="page-head">
        <div>
          <h1>
            <bdi>{experiment.title}</bdi>
          </h1>
          {kindOf(kind) !== experiment.title && <p class="lead">{kindOf(kind)}</p>}
        </div>
      </div>
      {experiment.summary.length > LONG ? (
        <details>
          <summary>In words</summary>
          <Prose text={experiment.summary} />
        </details>
      ) : (
        <Prose text={experiment.summary} />
      )}
      {kind === "occlusion" && experiment.data && <Covered name={name} pictures={experiment.pictures ?? []} />}
      {kind === "causes" && experiment.data && <FedAll experiment={experiment} />}
      {kind === "correspondence" && experiment.data && <Masks name={name} />}
      {data.sheets?.map((one) => <Sheet key={one.picture} name={name} {...one} />)}
      {drawn && (
        <div class={`charts ${(data.charts?.length ?? 0) > 4 ? "many" : ""}`}>
          {data.charts?.map((chart) => (
            <ChartView key={chart.title} chart={chart} />
          ))}
        </div>
      )}
      {kind === "evaluation" && experiment.data && <Answered name={name} />}
      {kind === "evolution" && experiment.data && <Epochs name={name} query={query} />}
      <div class="findings">
        {!drawn && figures}
        <Numbers experiment={experiment} data={data} />
        {drawn && figures.length > 0 && (
          <details class="wide" onToggle={(event) => fold(event.currentTarget.open)}>
            <summary>{many(figures.length, "figure")}, as drawn for print</summary>
            {open && figures}
          </details>
        )}
      </div>
      <About experiment={experiment} />
    </>
  );
}

/** Small pictures side by side, each of their pixels a square. */
function Sheet({ name, title, picture }: { name: string; title: string; picture: string }) {
  const url = usePicture(`experiments/${name}/${picture}`);
  return (
    <Section class="panel masks" title={title}>
      {url && <img class="sheet-of" src={url} alt={title} />}
    </Section>
  );
}

function Numbers({ experiment, data }: { experiment: Experiment; data: ResultData }) {
  const { store } = useAtlas();
  const { shown, name } = experiment;
  if (!shown?.rows.length) return null;
  const whole = shown.rows.length === shown.count;
  const save = (): void => saveFile(`${name}.csv`, [shown.columns, ...shown.rows].map((row) => `${row.map(cellOf).join(",")}\n`).join(""), "text/csv");
  const column = shown.columns.indexOf("image");
  // One row for each image, in their order: then a name leads to its page.
  const images = new Map(column >= 0 && experiment.images.length === shown.count ? shown.rows.map((row, i) => [row[column] ?? "", experiment.images[i] as number] as const) : []);
  return (
    <Section class="panel wide" title="Table" note={whole ? undefined : `The first ${shown.rows.length} of ${shown.count} rows.`}>
      <ResultTable columns={shown.columns} rows={shown.rows} told={data.columns} images={images} />
      <p class="actions">
        {whole ? (
          <button type="button" onClick={save}>
            Download CSV
          </button>
        ) : (
          store.host.kind === "folder" && (
            <a class="button" href={`experiments/${encodeURIComponent(name)}/table.csv`} download={`${name}.csv`}>
              Download CSV
            </a>
          )
        )}
      </p>
    </Section>
  );
}

const CHIPS = 24;

function About({ experiment }: { experiment: Experiment }) {
  const atlas = useAtlas();
  const units = experiment.units.flatMap((text) => parseUnit(text) ?? []).filter((unit) => layerOfUnit(atlas, unit.layer, unit.channel));
  const settings = listed(experiment.settings);
  const left = Math.max(0, units.length - CHIPS) + Math.max(0, experiment.images.length - CHIPS);
  return (
    <div class="cards settings">
      {(units.length > 0 || experiment.images.length > 0) && (
        <Section title="About">
          <p class="chips">
            {units.slice(0, CHIPS).map((unit) => (
              <a key={`${unit.layer}:${unit.channel}`} class="chip" href={toUnit(unit.layer, unit.channel)}>
                <UnitWords unit={`${unit.layer}:${unit.channel}`} />
              </a>
            ))}
            {experiment.images.slice(0, CHIPS).map((image) => (
              <a key={image} class="chip" href={toImage(image)}>
                image {image}
              </a>
            ))}
            {left > 0 && <span class="quiet">and {left} more</span>}
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
