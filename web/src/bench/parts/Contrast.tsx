import { useState } from "preact/hooks";
import { Choice } from "../../parts/small";
import { boostOf, remembered } from "../../shell";
import { useKeys } from "../keys";
import { usePlace } from "../place";

const BOOSTS = ["1", "2", "4"] as const;

/** How strongly projections are shown. Zero stays mid-grey. */
export function Contrast() {
  const { root } = usePlace();
  const [boost, set] = useState<string>(remembered.get("boost") ?? "1");
  const choose = (value: string): void => {
    boostOf(root, value);
    remembered.set("boost", value);
    set(value);
  };
  useKeys({ e: () => choose(BOOSTS[(BOOSTS.indexOf(boost as "1") + 1) % BOOSTS.length] ?? "1") });
  return (
    <span class="contrast">
      <span aria-hidden="true">Contrast</span>
      <Choice label="Contrast of the projection" value={boost} options={BOOSTS.map((one) => [one, `${one}×`] as const)} change={choose} />
    </span>
  );
}

export { Choice };
