import { Loading, Name, Section } from "../parts/small";
import { copyText, useKeys, useShell } from "../shell";
import { short } from "../words";
import type { Like, Mistake, Row } from "./data";
import { filterOf, passes, toList, toMistake, useMistake, usePage, useRows } from "./data";
import { Causes } from "./Causes";
import { Covering } from "./Covering";
import { Picture, UnitText } from "./parts";

export function MistakePage({ mistake, query }: { mistake: string; query: URLSearchParams }) {
  const { manifest, name, number } = usePage();
  const { router, root, toast } = useShell();
  const filter = filterOf(query);
  const { rows, all } = useRows();
  const row = rows.find((one) => one.key === mistake);
  const full = useMistake(row?.box ? mistake : null);
  const listed = rows.filter((one) => passes(one, filter));
  const at = listed.findIndex((one) => one.key === mistake);
  const beside = (by: number): Row | undefined => (at < 0 ? undefined : listed[at + by]);
  const to = (by: number) => (): void => {
    const other = beside(by);
    if (other) router.step(toMistake(other.key, filter));
  };
  const copy = (): void => {
    const link = router.link(toMistake(mistake));
    if (link) void copyText(link, root).then((done) => toast(done ? "Link copied" : link));
  };
  useKeys({ ArrowLeft: to(-1), h: to(-1), ArrowRight: to(1), l: to(1), c: copy });
  if (!row && !all) return <Loading what={`mistake ${mistake}`} />;
  if (!row) return <Nothing mistake={mistake} />;
  return (
    <>
      <div class="page-head">
        <div>
          <h1>
            <bdi>{name(row.a)}</bdi> <span class="quiet">{manifest.kind === "values" ? `${number(row.z[0])} where ${number(row.z[1])} is true` : <>where the label says <bdi class="label">{name(row.t)}</bdi></>}</span>
          </h1>
          <p class="lead">
            {manifest.kind === "values" ? (
              <>It is off by {number(row.d)}, {(row.p[0] ?? 0).toFixed(1)} times the usual {number(row.p[1])}. </>
            ) : (
              <>
                Answered {name(row.a)} ({number(row.z[0])}) where the label says {name(row.t)}
                {manifest.kind === "classes" && ` (${number(row.z[1])})`}.{" "}
              </>
            )}
            {full.value && <Sentence mistake={full.value} />}
          </p>
          <p class="quiet">
            <Name text={row.name} plain /> · {at < 0 ? "not in the list" : `${at + 1} of ${listed.length}`}
            {filter.label !== null || filter.answer !== null || filter.only || filter.q ? " in this choice" : ", worst first"} · <a href={toList(filter, { label: row.t, answer: row.a })}>all of this pair</a>
          </p>
        </div>
        <div class="steps">
          <Step row={beside(-1)} words="Previous mistake" sign="←" href={(key) => toMistake(key, filter)} />
          <Step row={beside(1)} words="Next mistake" sign="→" href={(key) => toMistake(key, filter)} />
        </div>
      </div>
      {full.error && <p class="empty">{full.error.message}</p>}
      {row.box ? full.value ? <Full mistake={full.value} /> : !full.error && <Loading what="what was found" /> : <Short row={row} listed={manifest.explained} />}
    </>
  );
}

/** What helps, in words. */
function Sentence({ mistake }: { mistake: Mistake }) {
  const { name, number } = usePage();
  const first = mistake.layers[0]?.units[0];
  const covered = mistake.covered === mistake.t;
  const place = mistake.covered === mistake.a ? "helps most, but does not change it" : covered ? "brings it back" : `makes it ${name(mistake.covered ?? -1)}`;
  const helps = mistake.covered !== mistake.a || mistake.places.some((left) => left !== null && Math.abs(left) < Math.abs(mistake.contrast));
  return (
    <>
      {helps ? `Covering the marked square ${place}` : "Covering a square helps nowhere"}
      {mistake.unit ? (
        <>
          {covered ? "; so does silencing " : "; silencing "}<UnitText unit={mistake.unit} />{!covered && " brings it back"}.
        </>
      ) : (
        first && (
          <>
            ; <UnitText unit={first.unit} /> gives most to it: without it, {number(mistake.contrast)} falls to {number(first.silenced)}.
          </>
        )
      )}
    </>
  );
}

function Step({ row, words, sign, href }: { row: Row | undefined; words: string; sign: string; href: (key: string) => string }) {
  if (!row) return null;
  return (
    <a href={href(row.key)} aria-label={words} title={`${words} (${sign})`}>
      {sign}
    </a>
  );
}

const Nothing = ({ mistake }: { mistake: string }) => (
  <div class="problem" role="alert">
    <h1>No such mistake</h1>
    <p class="lead">“{mistake}” is not among what was answered wrongly.</p>
    <p>
      <a href="#/">All mistakes</a>
    </p>
  </div>
);

/** A mistake that is listed only. */
function Short({ row, listed }: { row: Row; listed: number }) {
  return (
    <div class="looks">
      <figure>
        <Picture path={`pictures/thumbs/${row.i}.webp`} label={`Photo ${row.name}`} />
      </figure>
      <p class="prose">
        This one was not looked at in full. The same command with <code>--explain</code> above {listed} goes on from here, and looks at more of each pair.
      </p>
    </div>
  );
}

function Full({ mistake }: { mistake: Mistake }) {
  const { name, manifest } = usePage();
  const folder = `pictures/${mistake.key}`;
  const pair = manifest.kind === "classes" ? `${name(mistake.a)} less ${name(mistake.t)}` : name(mistake.a);
  return (
    <>
      <div class="looks">
        <figure>
          <figcaption>Photo, as the network sees it</figcaption>
          <Picture path={`${folder}/photo.webp`} square={mistake.box ?? null} label={`Photo ${mistake.name}; the square that helps most is marked`} />
          {mistake.best.length > 0 && <Answers mistake={mistake} />}
        </figure>
        <figure>
          <figcaption>{manifest.kind === "values" ? "What the value takes" : manifest.kind === "classes" ? <>What speaks for <bdi>{name(mistake.a)}</bdi> and against <bdi>{name(mistake.t)}</bdi></> : "What the logit takes"}</figcaption>
          <Picture path={`${folder}/projection.webp`} label={`Projection of the contrast, ${pair}`} />
          <p class="hint">{manifest.kind === "classes" ? "The contrast of the two" : manifest.kind === "values" ? "The value" : "The logit"}, pulled back to the pixels: grey is nothing.</p>
        </figure>
        <Covering mistake={mistake} />
      </div>
      <Causes mistake={mistake} />
      <Section class="panel alike" title="Most similar images" note={<Labels mistake={mistake} />}>
        <div class="alike-rows">
          <Alike title="Answered rightly" images={mistake.similar.right} />
          <Alike title="Answered wrongly" images={mistake.similar.wrong} />
        </div>
      </Section>
    </>
  );
}

function Labels({ mistake }: { mistake: Mistake }) {
  const { name, manifest } = usePage();
  const { of, asAnswered, asLabelled } = mistake.similar;
  if (manifest.kind === "values") {
    return (
      <>
        By the features of {manifest.layer}. Of the {of} nearest, {asAnswered} are {name(mistake.a)} as well, and {asLabelled} {name(mistake.t)}.
      </>
    );
  }
  return (
    <>
      By the features of {manifest.layer}. Of the {of} nearest, {asAnswered} are labelled {name(mistake.a)}, as it was answered, and {asLabelled} {name(mistake.t)}, as it is labelled.
    </>
  );
}

function Answers({ mistake }: { mistake: Mistake }) {
  const { name } = usePage();
  const { manifest } = usePage();
  // Of several labels the list is of those that are there: the one that this is about is marked, whatever is true of it.
  const own = manifest.kind === "labels" ? mistake.t | 1 : mistake.t;
  const known = manifest.kind === "labels" || mistake.best.some(([number]) => number === own);
  const rows = known ? mistake.best : [...mistake.best, [mistake.t, mistake.p[1] ?? 0] as [number, number]];
  return (
    <ul class="bars answers" aria-label="Best answers">
      {rows.map(([number, score]) => (
        <li key={number} class={number === own ? "label" : ""}>
          <span class="bar-name" title={name(number)}>
            <bdi>{name(number)}</bdi>
            {number === own && <span class="quiet"> ({manifest.kind === "labels" && own !== mistake.t ? "not there" : "label"}{known ? "" : `, no. ${mistake.rank}`})</span>}
          </span>
          <span class="bar-track">
            <span style={{ width: `${100 * score}%` }} />
          </span>
          <span class="number">{score >= 0.001 ? `${short(100 * Number(score.toPrecision(3)))} %` : "< 0.1 %"}</span>
        </li>
      ))}
    </ul>
  );
}

function Alike({ title, images }: { title: string; images: Like[] }) {
  const { name, manifest } = usePage();
  const { rows } = useRows();
  return (
    <div>
      <h3>{title}</h3>
      {images.length === 0 && <p class="quiet">There are none.</p>}
      <ul class="likes">
        {images.map((one) => {
          const words = one.t === one.a || manifest.kind === "values" ? name(one.a) : `${name(one.a)} (label ${name(one.t)})`;
          const other = one.t === one.a ? undefined : rows.find((row) => row.i === one.i && row.t === one.t);
          const inside = (
            <>
              <Picture path={`pictures/thumbs/${one.i}.webp`} label="" mute />
              <span class="told">
                <bdi>{words}</bdi>
                <small>likeness {short(one.likeness)}</small>
              </span>
            </>
          );
          return <li key={one.i}>{other ? <a class="mistake" href={toMistake(other.key)} title={one.name}>{inside}</a> : <span class="mistake" title={one.name}>{inside}</span>}</li>;
        })}
      </ul>
    </div>
  );
}

