import { useBench } from "../bench";

const SIDE = 150;

/** The unit's nine best of the atlas, patches and projections, from its sprite. */
export function NineBest({ layer, channel }: { layer: string; channel: string }) {
  const { about } = useBench();
  const shown = about.atlas?.layers[layer];
  if (!about.atlas || !shown || channel.includes("-")) return null;
  const { sprite } = shown;
  const path = about.atlas.sprite.replace("{layer}", encodeURIComponent(shown.id)).replace("{channel}", channel);
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
          backgroundImage: `url("../${path}")`,
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
