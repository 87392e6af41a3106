import { Buttons, Mark, Skip } from "../../parts/frame";
import { useBench } from "../bench";

/** The frame's top, as the atlas's pages have it. */
export function Head({ help, theme }: { help: () => void; theme: () => void }) {
  const { about } = useBench();
  return (
    <header class="top">
      <Skip main={() => document.getElementById("main")} />
      <a class="brand" href={about.atlas ? "../" : "#/"} aria-label={about.atlas ? "convscope: the atlas" : "convscope: an empty bench"}>
        <Mark />
        <span>convscope</span>
      </a>
      <nav class="sections" aria-label="Sections">
        {about.atlas && <a href="../">Atlas</a>}
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
