import { useMemo, useState } from "preact/hooks";
import { matches, shared } from "./matching";
import { toCompare } from "../route";
import { useData } from "../store";
import type { ResponseData, ResponseIndex } from "../types";
import { many } from "../words";
import { Loading, UnitCaption } from "../parts/small";
import { UnitTile } from "../parts/Tile";
import type { SideOf } from "./Versus";

const SHOWN = 48;
const STRONG = 0.8;
const FEW = 10; // images below which correlations are mostly chance

/** Whether an atlas keeps what units of two are matched by. */
export const keeps = ({ atlas: { manifest } }: SideOf): boolean => manifest.paths.responses !== undefined && manifest.extras?.alike === true;

/** For each unit of a layer the unit of another that responds most like it, over the images that both know. */
export function Matches({ left, right }: { left: SideOf; right: SideOf }) {
  const [all, more] = useState(false);
  const of = (side: SideOf) => [useData<ResponseIndex>("responses/index", side.atlas), useData<ResponseData>(`responses/${side.layer.id}`, side.atlas)] as const;
  const [mine, own] = of(left);
  const [theirs, other] = of(right);
  const common = useMemo(() => (mine.value && theirs.value ? shared(mine.value, theirs.value) : []), [mine.value, theirs.value]);
  const found = useMemo(() => (own.value && other.value && common.length > 1 ? matches(own.value, other.value, common) : []), [own.value, other.value, common]);
  if ([mine, own, theirs, other].some((one) => one.error)) return <p class="empty">How units respond to single images is not in one of the two atlases.</p>;
  if (!mine.value || !theirs.value || !own.value || !other.value) return <Loading what="responses" />;
  if (common.length < 2) return <p class="empty">The two atlases have no images in common, by their names: nothing says which units are alike. Look at two layers side by side.</p>;
  const middle = found[Math.floor(found.length / 2)];
  return (
    <>
      <p class="lead">
        {many(common.length, "image")} in common, by name, of {mine.value.images.length} and {theirs.value.images.length} kept to compare by. Half of the units have a match of {middle?.correlation.toFixed(2) ?? "–"} or more; {found.filter((one) => one.correlation > STRONG).length} of {found.length} have one above {STRONG}, and {found.filter((one) => one.mutual).length} are each other's best.
        {common.length < FEW && " So few images make units alike by chance."}
      </p>
      <p class="note">Correlation of the strongest responses in each of these images. A large one says that two units respond to the same images, not that they compute the same.</p>
      <ul class="matches">
        {found.slice(0, all ? found.length : SHOWN).map((one) => (
          <li key={one.unit}>
            <a href={toCompare(`${left.layer.name}:${one.unit}`, `${right.layer.name}:${one.other}`, right.atlas.name)}>
              <Pair side={left} channel={one.unit} />
              <b class="number" title={one.mutual ? "each other's best" : "best for the left one only"}>
                {one.correlation.toFixed(2)} <span class="heard">correlation </span>
                {one.mutual ? "⇄" : "→"}
              </b>
              <Pair side={right} channel={one.other} />
            </a>
          </li>
        ))}
      </ul>
      {found.length > SHOWN && !all && (
        <button type="button" onClick={() => more(true)}>
          Show all {found.length}
        </button>
      )}
    </>
  );
}

const Pair = ({ side, channel }: { side: SideOf; channel: number }) => (
  <span>
    <span class="pair">
      {(["photos", "projections"] as const).map((kind) => (
        <UnitTile key={kind} layer={side.layer} channel={channel} kind={kind} side={56} from={side.atlas} />
      ))}
    </span>
    <UnitCaption layer={side.layer} channel={channel} from={side.atlas} />
  </span>
);
