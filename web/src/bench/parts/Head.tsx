import { Buttons, Mark, Skip } from "../../parts/frame";
import { useBench } from "../bench";
import { find, usePlace } from "../place";

/** The frame's top, as the atlas's pages have it. */
export function Head({ help, theme }: { help: () => void; theme: () => void }) {
  const { about } = useBench();
  const place = usePlace();
  const atlas = place.alone && about.atlas !== null;
  return (
    <header class="top">
      <Skip main={() => find(place, "main")} />
      <a class="brand" href={atlas ? "../" : "#/"} aria-label={atlas ? "convscope: the atlas" : "convscope: an empty bench"}>
        <Mark />
        <span>convscope</span>
      </a>
      <nav class="sections" aria-label="Sections">
        {atlas && <a href="../">Atlas</a>}
        <a href="#/" aria-current="page">
          Bench
        </a>
      </nav>
      <span class="of-network" title={about.network}>
        {about.network}
      </span>
      <Buttons theme={theme} help={help} />
    </header>
  );
}
