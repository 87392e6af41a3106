import { useEffect, useState } from "preact/hooks";
import { VirtualGrid } from "../parts/Grid";
import { Loading, Name, Problem } from "../parts/small";
import { imagePath } from "../parts/WholeImage";
import { toImage, withQuery } from "../route";
import { useShell } from "../shell";
import { useAtlas, useData, usePicture } from "../store";
import type { ImageIndex, ImageShard, ProfileIndex } from "../types";
import { baseName, many } from "../words";

interface Listed {
  number: number;
  name: string;
  label: string | null;
}

/** The images of the collection that the atlas knows: those looked at one by one, or else those units are strongest on. */
function useImages(): { images: Listed[] | null; error: Error | null } {
  const { manifest, store } = useAtlas();
  const profiles = useData<ProfileIndex>(manifest.extras ? "profiles/index" : null);
  const index = useData<ImageIndex>(manifest.extras ? null : "images/index");
  const [gathered, gather] = useState<Listed[] | null>(null);
  useEffect(() => {
    if (!index.value) return;
    let wanted = true;
    void Promise.all(index.value.shards.map((shard) => store.load<ImageShard>(`images/${shard}`))).then((shards) => {
      if (!wanted) return;
      gather(shards.flatMap((shard) => Object.entries(shard.images).map(([number, info]) => ({ number: Number(number), name: info.name, label: info.label < 0 ? null : (shard.classes[info.label] ?? null) }))));
    });
    return () => {
      wanted = false;
    };
  }, [index.value]);
  const known = profiles.value;
  if (!known) return { images: gathered, error: profiles.error ?? index.error };
  return { images: known.images.map((number, i) => ({ number, name: known.names[i] ?? "", label: (known.labels[i] ?? -1) < 0 ? null : (known.classes[known.labels[i] as number] ?? null) })), error: null };
}

export function ImagesPage({ query }: { query: URLSearchParams }) {
  const { manifest } = useAtlas();
  const { router } = useShell();
  const { images, error } = useImages();
  const [chosen, choose] = useState(-1);
  const sought = (query.get("q") ?? "").toLowerCase();
  if (error) return <Problem title="Data is missing">{error.message}</Problem>;
  if (!images) return <Loading what="images" />;
  const shown = images.filter((image) => image.name.toLowerCase().includes(sought) || (image.label ?? "").toLowerCase().includes(sought));
  return (
    <>
      <h1>Images</h1>
      <p class="lead">
        {many(images.length, "image")} of {manifest.data.count}, each with the units that respond to it most
        {images.length < manifest.data.count && ", evenly spread over the collection; every other image that a unit is strongest on has its page too"}.
      </p>
      <div class="bar">
        <input
          id="search"
          class="find"
          type="search"
          value={query.get("q") ?? ""}
          onInput={(event) => router.replace(withQuery("#/images", { q: event.currentTarget.value }))}
          placeholder="Find name or label"
          aria-label="Find images"
        />
        <output class="count" aria-live="polite">
          {shown.length} of {images.length}
        </output>
      </div>
      {shown.length === 0 ? (
        <p class="empty">
          No image listed has this in its name or label.
          {/^\d+$/.test(sought) && (
            <>
              {" "}
              <a href={toImage(Number(sought))}>Open image {Number(sought)}</a>
            </>
          )}
        </p>
      ) : (
        <VirtualGrid
          count={shown.length}
          cell={{ width: 132, height: 168 }}
          label="Images"
          current={chosen}
          select={choose}
          open={(index) => router.go(toImage(shown[index]?.number ?? 0))}
          keyOf={(index) => shown[index]?.number ?? index}
          render={(index, tab) => <Thumb image={shown[index] as Listed} first={tab} />}
        />
      )}
    </>
  );
}

function Thumb({ image, first }: { image: Listed; first: boolean }) {
  const url = usePicture(imagePath(useAtlas(), image.number));
  return (
    <a class="unit thumb" href={toImage(image.number)} tabIndex={first ? 0 : -1}>
      {url ? <img src={url} alt="" width={120} height={120} /> : <span class="tile none" />}
      <span class="caption">
        <b>
          <Name text={image.label ?? baseName(image.name)} />
        </b>
      </span>
      {image.label !== null && (
        <small>
          <Name text={baseName(image.name)} />
        </small>
      )}
    </a>
  );
}
