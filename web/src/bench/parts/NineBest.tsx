import { useEffect, useState } from "preact/hooks";
import { useBench } from "../bench";

const SIDE = 150;

/** The unit's nine best of the atlas, patches and projections, from its sprite. */
export function NineBest({ layer, channel }: { layer: string; channel: string }) {
  const { about, api } = useBench();
  const shown = channel.includes("-") ? undefined : about.atlas?.layers[layer];
  const path = about.atlas && shown ? about.atlas.sprite.replace("{layer}", encodeURIComponent(shown.id)).replace("{channel}", channel) : null;
  const [late, setLate] = useState({ path: "", url: "" });
  const found = path === null ? "" : api.picture(path);
  useEffect(() => {
    if (path !== null && typeof found !== "string")
      found.then((url) => setLate({ path, url }), () => undefined); // an atlas without this picture shows grey
  }, [path]);
  if (path === null || !shown) return null;
  const url = typeof found === "string" ? found : late.path === path ? late.url : "";
  const { sprite } = shown;
  const across = sprite.columns * sprite.pitchX;
  const scale = SIDE / across;
  const half = (panel: number, words: string) => (
    <figure>
      <span
        class={panel ? "tile projection" : "tile"}
        role="img"
        aria-label={`${words} of ${layer}:${channel} in the atlas`}
        style={{
          width: `${SIDE}px`,
          height: `${sprite.rows * sprite.pitchY * scale}px`,
          backgroundImage: url && `url("${url}")`,
          backgroundPosition: `${-panel * across * scale}px 0`,
          backgroundSize: `${sprite.panels * across * scale}px ${sprite.rows * sprite.pitchY * scale}px`,
        }}
      />
      <figcaption>{words}</figcaption>
    </figure>
  );
  return (
    <div class="nine-best">
      <h3>Its best in the atlas</h3>
      <div class="pictures">
        {half(0, "images")}
        {half(1, "projections")}
      </div>
    </div>
  );
}
