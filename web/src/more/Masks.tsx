import { useState } from "preact/hooks";
import { toImage } from "../route";
import { useData, usePicture } from "../store";
import type { PartsData } from "../types";
import { baseName } from "../words";
import { Choice, Section } from "../parts/small";

/** The images that parts were compared over, with what was covered in each. */
export function Masks({ name }: { name: string }) {
  const covered = useData<PartsData>(`experiments/${name}`).value?.covered ?? [];
  const parts = [...new Set(covered.flatMap((one) => Object.keys(one.boxes)))];
  const [part, choose] = useState("");
  if (!covered.length) return null;
  return (
    <Section class="panel wide masks" title="What was covered" note="Every image with its parts marked; choose one to see it covered in all of them.">
      <Choice label="Part that is covered" value={part} options={[["", "All, marked"], ...parts.map((one) => [one, one] as const)]} change={choose} />
      <ul class="tiles">
        {covered.map((one) => (
          <li key={one.picture}>
            <Covered of={one} name={name} parts={parts} part={part} />
            <small class="cut-name" title={one.name}>
              {one.image === null ? <bdi>{baseName(one.name)}</bdi> : <a href={toImage(one.image)}>{baseName(one.name)}</a>}
            </small>
          </li>
        ))}
      </ul>
      {part === "" && (
        <p class="legend">
          {parts.map((one, i) => (
            <span key={one} class={`s${i % 8}`}>
              <i class="swatch" /> <bdi>{one}</bdi>
            </span>
          ))}
        </p>
      )}
    </Section>
  );
}

function Covered({ of, name, parts, part }: { of: NonNullable<PartsData["covered"]>[number]; name: string; parts: string[]; part: string }) {
  const url = usePicture(`experiments/${name}/${of.picture}`);
  const [height, width] = of.size;
  const lacks = part !== "" && !of.boxes[part];
  return (
    <svg class="cut" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${of.name}: ${part === "" ? `${Object.keys(of.boxes).join(", ")} marked` : lacks ? `no ${part} in it` : `${part} covered`}`} opacity={lacks ? 0.3 : 1}>
      {url && <image href={url} width={width} height={height} preserveAspectRatio="none" />}
      {Object.entries(of.boxes).map(([one, [y0, x0, y1, x1]]) =>
        part === "" ? (
          <rect key={one} class={`mark-of s${parts.indexOf(one) % 8}`} x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
        ) : one === part ? (
          <rect key={one} class="beyond" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
        ) : null,
      )}
    </svg>
  );
}
