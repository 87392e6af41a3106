import { Loading, Name, Section } from "../parts/small";
import { copyText, useKeys, useShell } from "../shell";
import { short } from "../words";
import type { Like, Mistake, Row } from "./data";
import { filterOf, passes, toList, toMistake, useMistake, usePage, useRows } from "./data";
import { Causes } from "./Causes";
import { Covering } from "./Covering";
import { Picture, tenth } from "./parts";

export function MistakePage({ image, query }: { image: number; query: URLSearchParams }) {
  const { manifest, name } = usePage();
  const { router, root, toast } = useShell();
  const filter = filterOf(query);
  const { rows, all } = useRows();
  const row = rows.find((one) => one.i === image);
  const full = useMistake(row?.box ? image : null);
  const listed = rows.filter((one) => passes(one, filter));
  const at = listed.findIndex((one) => one.i === image);
  const beside = (by: number): Row | undefined => (at < 0 ? undefined : listed[at + by]);
  const to = (by: number) => (): void => {
    const other = beside(by);
    if (other) router.step(toMistake(other.i, filter));
  };
  const copy = (): void => {
    const link = router.link(toMistake(image));
    if (link) void copyText(link, root).then((done) => toast(done ? "Link copied" : link));
  };
  useKeys({ ArrowLeft: to(-1), h: to(-1), ArrowRight: to(1), l: to(1), c: copy });
  if (!row && !all) return <Loading what={`image ${image}`} />;
  if (!row) return <Nothing image={image} />;
  return (
    <>
      <div class="page-head">
        <div>
          <h1>
            <bdi>{name(row.a)}</bdi> <span class="quiet">where the label says</span> <bdi>{name(row.t)}</bdi>
          </h1>
          <p class="lead">
            Answered {name(row.a)} ({tenth(row.z[0])}) where the label says {name(row.t)}
            {!manifest.single && ` (${tenth(row.z[1])})`}. {full.value && <Sentence mistake={full.value} />}
          </p>
          <p class="quiet">
            <Name text={row.name} plain /> · {at < 0 ? "not in the list" : `${at + 1} of ${listed.length}`}
            {filter.label !== null || filter.answer !== null || filter.only || filter.q ? " in this choice" : ", worst first"} · <a href={toList(filter, { label: row.t, answer: row.a })}>all of this pair</a>
          </p>
        </div>
        <div class="steps">
          <Step row={beside(-1)} words="Previous mistake" sign="←" href={(i) => toMistake(i, filter)} />
          <Step row={beside(1)} words="Next mistake" sign="→" href={(i) => toMistake(i, filter)} />
        </div>
      </div>
      {full.error && <p class="empty">{full.error.message}</p>}
      {row.box ? full.value ? <Full mistake={full.value} /> : !full.error && <Loading what="what was found" /> : <Short row={row} listed={manifest.explained} />}
    </>
  );
}

/** What helps, in words. */
function Sentence({ mistake }: { mistake: Mistake }) {
  const { name } = usePage();
  const first = mistake.layers[0]?.units[0];
  const covered = mistake.covered === mistake.t;
  const place = mistake.covered === mistake.a ? "helps most, but does not change it" : covered ? "brings it back" : `makes it ${name(mistake.covered ?? -1)}`;
  return (
    <>
      Covering the marked square {place}
      {mistake.unit ? (
        <>
          {covered ? "; so does silencing " : "; silencing "}<bdi>{mistake.unit}</bdi>{!covered && " brings it back"}.
        </>
      ) : (
        first && (
          <>
            ; <bdi>{first.unit}</bdi> gives most to it: without it, {tenth(mistake.contrast)} falls to {tenth(first.silenced)}.
          </>
        )
      )}
    </>
  );
}

function Step({ row, words, sign, href }: { row: Row | undefined; words: string; sign: string; href: (i: number) => string }) {
  if (!row) return null;
  return (
    <a href={href(row.i)} aria-label={words} title={`${words} (${sign})`}>
      {sign}
    </a>
  );
}

const Nothing = ({ image }: { image: number }) => (
  <div class="problem" role="alert">
    <h1>No such mistake</h1>
    <p class="lead">Image {Number.isNaN(image) ? "" : image} is not among the images that were answered wrongly.</p>
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
  const { name } = usePage();
  const folder = `pictures/${mistake.i}`;
  const pair = `${name(mistake.a)} less ${name(mistake.t)}`;
  return (
    <>
      <div class="looks">
        <figure>
          <figcaption>Photo, as the network sees it</figcaption>
          <Picture path={`${folder}/photo.webp`} square={mistake.box ?? null} label={`Photo ${mistake.name}; the square that helps most is marked`} />
          <Answers mistake={mistake} />
        </figure>
        <figure>
          <figcaption>What speaks for <bdi>{name(mistake.a)}</bdi> and against <bdi>{name(mistake.t)}</bdi></figcaption>
          <Picture path={`${folder}/projection.webp`} label={`Projection of the contrast, ${pair}`} />
          <p class="hint">The contrast of the two, pulled back to the pixels: grey is nothing.</p>
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
  return (
    <>
      By the features of {manifest.layer}. Of the {of} nearest, {asAnswered} are labelled {name(mistake.a)}, as it was answered, and {asLabelled} {name(mistake.t)}, as it is labelled.
    </>
  );
}

function Answers({ mistake }: { mistake: Mistake }) {
  const { name } = usePage();
  const known = mistake.best.some(([number]) => number === mistake.t);
  const rows = known ? mistake.best : [...mistake.best, [mistake.t, mistake.p[1] ?? 0] as [number, number]];
  return (
    <ul class="bars answers" aria-label="Best answers">
      {rows.map(([number, score]) => (
        <li key={number} class={number === mistake.t ? "label" : ""}>
          <span class="bar-name" title={name(number)}>
            <bdi>{name(number)}</bdi>
            {number === mistake.t && <span class="quiet"> (label{known ? "" : `, no. ${mistake.rank}`})</span>}
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
  const { name } = usePage();
  return (
    <div>
      <h3>{title}</h3>
      {images.length === 0 && <p class="quiet">There are none.</p>}
      <ul class="likes">
        {images.map((one) => {
          const words = one.t === one.a ? name(one.t) : `${name(one.a)} (label ${name(one.t)})`;
          const inside = (
            <>
              <Picture path={`pictures/thumbs/${one.i}.webp`} label="" mute />
              <span class="told">
                <bdi>{words}</bdi>
                <small>likeness {short(one.likeness)}</small>
              </span>
            </>
          );
          return <li key={one.i}>{one.t === one.a ? <span class="mistake" title={one.name}>{inside}</span> : <a class="mistake" href={toMistake(one.i)} title={one.name}>{inside}</a>}</li>;
        })}
      </ul>
    </div>
  );
}

