import { useState } from "preact/hooks";
import { Name } from "../parts/small";
import { baseName } from "../words";
import type { Row } from "./data";
import { toMistake, usePage } from "./data";
import type { Filter } from "./data";

type Box = [number, number, number, number];

/** A picture of an image in the size of the network's input, with a square marked on it. */
export function Picture(props: { path: string; over?: string | null; boxes?: Box[]; square?: Box | null; label: string; mute?: boolean }) {
  const { manifest } = usePage();
  const [height, width] = manifest.grid.image;
  const [failed, fail] = useState<string | null>(null);
  const words = props.mute ? ({ "aria-hidden": true } as const) : ({ role: "img", "aria-label": props.label } as const);
  const square = props.square;
  return (
    <svg class="whole" viewBox={`0 0 ${width} ${height}`} {...words}>
      <rect class="missing" width={width} height={height} />
      {failed === props.path ? (
        <text x={width / 2} y={height / 2} font-size={height / 12} text-anchor="middle">
          picture is missing
        </text>
      ) : (
        <image href={props.path} width={width} height={height} preserveAspectRatio="none" onError={() => fail(props.path)} />
      )}
      {props.over && <image href={props.over} width={width} height={height} preserveAspectRatio="none" />}
      {square && (
        <>
          <rect class="field-halo" x={square[1]} y={square[0]} width={square[3] - square[1]} height={square[2] - square[0]} />
          <rect class="field" x={square[1]} y={square[0]} width={square[3] - square[1]} height={square[2] - square[0]} />
        </>
      )}
    </svg>
  );
}

/** What comes of trying: in a word or two. */
export function Tried({ row }: { row: Row }) {
  const { name } = usePage();
  if (!row.box) return <span class="tried quiet">listed only</span>;
  const back = row.covered === row.t;
  const covered = back ? "covering here brings it back" : row.covered !== row.a ? `covering here makes it ${name(row.covered ?? -1)}` : "";
  return (
    <span class={back || row.unit ? "tried mended" : "tried"}>
      {covered}
      {row.unit && (
        <>
          {covered && "; "}silencing <UnitText unit={row.unit} /> {back ? "does, too" : "brings it back"}
        </>
      )}
      {!covered && !row.unit && "neither one square nor one unit changes it"}
    </span>
  );
}

export function Card({ row, at, filter, thumb }: { row: Row; at: number; filter: Filter; thumb: boolean }) {
  const { name, number, manifest } = usePage();
  return (
    <li>
      <a class="mistake" href={toMistake(row.key, filter)} data-card={at}>
        {thumb && <Picture path={`pictures/thumbs/${row.i}.webp`} square={row.box ?? null} label="" mute />}
        <span class="told">
          {manifest.kind === "values" ? (
            <>
              <span>
                <b><bdi>{name(row.a)}</bdi></b>
              </span>
              <span>
                answered <span class="number">{number(row.z[0])}</span>, true <span class="number">{number(row.z[1])}</span>
              </span>
            </>
          ) : (
            <>
              <span>
                answered <b><bdi>{name(row.a)}</bdi></b> <span class="number">{number(row.z[0])}</span>
              </span>
              <span>
                label <b><bdi>{name(row.t)}</bdi></b> {manifest.kind === "classes" && <span class="number">{number(row.z[1])}</span>}
              </span>
            </>
          )}
          <Tried row={row} />
          <small>
            <Name text={baseName(row.name)} />
          </small>
        </span>
      </a>
    </li>
  );
}

/** A unit's name, which breaks after dots and never within its number. */
export function UnitText({ unit }: { unit: string }) {
  const parts = unit.match(/[^.:]*[.:]?/g)?.filter(Boolean) ?? [unit];
  return (
    <bdi class="unit-words">
      {parts.map((part, at) => (
        <span key={at}>
          {part}
          <wbr />
        </span>
      ))}
    </bdi>
  );
}

/** The same; a link where an atlas of the network was named. */
export function UnitName({ unit }: { unit: string }) {
  const { manifest } = usePage();
  if (!manifest.atlas) return <UnitText unit={unit} />;
  return (
    <a href={`${manifest.atlas.split("/").map(encodeURIComponent).join("/").replace(/%2E/g, ".")}#/u/${encodeURI(unit)}`} target="_blank" rel="noreferrer">
      <UnitText unit={unit} />
    </a>
  );
}

export const share = (value: number | null): string => (value === null ? "–" : `${Math.round(100 * value)} %`);
