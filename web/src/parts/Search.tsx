import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { logitName, useClasses } from "../classes";
import { useMarks } from "../marks";
import type { Route } from "../route";
import { parseUnit, toClass, toImage, toLayer, toUnit, withQuery } from "../route";
import { seek, topping } from "../search";
import { useKeys, useShell } from "../shell";
import type { Atlas } from "../store";
import { fill, layerOfUnit, useAtlas, useData } from "../store";
import type { ImageIndex, ImageShard, LayerData, LayerEntry, LogitIndex, NetworkData, ProfileIndex } from "../types";
import { baseName, many, roleOf, shapeOf } from "../words";
import { useModal } from "./KeyHelp";
import { Tile, UnitTile } from "./Tile";
import { Thumb } from "./WholeImage";

interface Hit {
  href: string;
  words: string;
  more?: string;
  picture?: ComponentChildren;
}

interface Group {
  title: string;
  hits: Hit[];
  /** How many there are, where not all are shown. */
  count?: number;
  all?: string;
  /** Pictures side by side. */
  cards?: boolean;
}

/** A unit spelled: where there is no room for all of it, its number is on a line of its own. */
const spaced = (words: string): ComponentChildren => words.split(/(?=:\d+$)/).map((part, i) => (i ? [<wbr key="break" />, part] : part));

const [FEW, SOME, LOOKED] = [6, 10, 40];

/** A unit; `name` is the class whose logit it is. */
const unitHit = (layer: LayerEntry, channel: number, more?: string, name: string | null = null): Hit => ({
  href: toUnit(layer.name, channel),
  words: name ?? `${layer.name}:${channel}`,
  ...(name !== null || more ? { more: [name !== null ? `${layer.name}:${channel}` : "", more ?? ""].filter(Boolean).join(" · ") } : {}),
  picture: (
    <>
      <UnitTile layer={layer} channel={channel} kind="photos" side={44} />
      <UnitTile layer={layer} channel={channel} kind="projections" side={44} />
    </>
  ),
});

/** The units that a text spells: by layer and number, by the beginning of a layer's name, or by a number of any layer, the one shown first. */
function spelled(atlas: Atlas, network: LogitIndex | null, route: Route, text: string): Hit[] {
  const here = route.page === "layer" ? route.rest : parseUnit(route.rest)?.layer;
  const unit = parseUnit(text) ?? { layer: "", channel: /^\d+$/.test(text) ? Number(text) : -1 };
  const { layers } = atlas.manifest;
  const exact = layers.filter((layer) => layer.name === (unit.layer || here));
  const begun = layers.filter((layer) => layer.name.startsWith(unit.layer) && !exact.includes(layer));
  return [...exact, ...(exact.length && unit.layer ? [] : begun)]
    .filter((layer) => unit.channel >= 0 && unit.channel < layer.channels && layerOfUnit(atlas, layer.name, unit.channel))
    .slice(0, FEW)
    .map((layer) => unitHit(layer, unit.channel, "", logitName(network, layer.name, unit.channel)));
}

/** The scripts of what is sought in: loaded once the search is open. */
function useSought(): { network: NetworkData | null; profiles: ProfileIndex | null; named: { layer: LayerEntry; data: LayerData }[]; index: ImageIndex | null } {
  const atlas = useAtlas();
  const network = useData<NetworkData>("network").value;
  const profiles = useData<ProfileIndex>(atlas.manifest.extras ? "profiles/index" : null).value;
  const index = useData<ImageIndex>("images/index").value;
  const [named, name] = useState<{ layer: LayerEntry; data: LayerData }[]>([]);
  useEffect(() => {
    for (const layer of atlas.manifest.layers.filter((one) => one.units.named))
      atlas.store.load<LayerData>(`layers/${layer.id}`).then(
        (data) => name((all) => [...all, { layer, data }]),
        () => undefined,
      );
  }, [atlas]);
  return { network, profiles, named, index };
}

/** The units that are among the strongest on the images found. */
function useTopping(images: number[], index: ImageIndex | null, network: LogitIndex | null): Hit[] {
  const { manifest, store } = useAtlas();
  const looked = images.slice(0, LOOKED);
  const key = looked.join();
  const [found, set] = useState<{ key: string; hits: Hit[] }>({ key: "", hits: [] });
  useEffect(() => {
    const shards = [...new Set(looked.map((image) => Math.floor(image / manifest.images.shard)))].filter((one) => index?.shards.includes(one));
    let wanted = true;
    void Promise.all(shards.map((one) => store.load<ImageShard>(`images/${one}`).catch(() => null))).then((loaded) => {
      if (!wanted) return;
      const wins = loaded.flatMap((shard) => looked.flatMap((image) => shard?.images[image]?.wins ?? []));
      const hits = topping(wins)
        .slice(0, SOME)
        .flatMap((one) => {
          const layer = manifest.layers[one.layer];
          return layer ? [unitHit(layer, one.channel, looked.length > 1 ? `on ${one.images} of them` : `no. ${one.rank + 1}`, logitName(network, layer.name, one.channel))] : [];
        });
      set({ key, hits });
    });
    return () => {
      wanted = false;
    };
  }, [key, index, network]);
  return found.key === key ? found.hits : [];
}

function useGroups(route: Route, text: string): Group[] {
  const atlas = useAtlas();
  const { manifest } = atlas;
  const { network, profiles, named, index } = useSought();
  const classes = useClasses();
  const notes = useMarks().all();
  const images = useMemo(() => {
    const all = (profiles?.images ?? []).map((number, i) => ({ number, name: profiles?.names[i] ?? "", label: profiles?.classes[profiles.labels[i] ?? -1] ?? null }));
    const exact = /^\d+$/.test(text) ? all.filter((one) => one.number === Number(text)) : [];
    const sought = seek(all, (one) => [one.name, one.label], text, LOOKED);
    return { found: [...exact, ...sought.found.filter((one) => !exact.includes(one))], count: Math.max(sought.count, exact.length) };
  }, [profiles, text]);
  const tops = useTopping(
    images.found.map((one) => one.number),
    index,
    classes.network,
  );
  return useMemo(() => {
    if (!text) return [];
    const role = ({ name }: LayerEntry): string => roleOf(name, network?.layers ?? []);
    const layers = seek(manifest.layers, (one) => [one.name, one.op, role(one)], text, FEW);
    const others = seek((network?.layers ?? []).filter((one) => !one.shown), (one) => [one.name, one.op], text, 3);
    const units = named.map(({ layer, data }) => seek((data.names ?? []).map((name, channel) => ({ name, channel })).filter((one) => layerOfUnit(atlas, layer.name, one.channel)), (one) => [one.name], text, FEW).found.map(({ name, channel }) => unitHit(layer, channel, "", name)));
    const noted = seek(Object.entries(notes), ([unit, note]) => [unit, note], text, SOME).found.flatMap(([words, note]) => {
      const unit = parseUnit(words);
      const layer = unit && layerOfUnit(atlas, unit.layer, unit.channel);
      return unit && layer ? [unitHit(layer, unit.channel, `★ ${note}`, logitName(classes.network, layer.name, unit.channel))] : [];
    });
    const names = [...new Set([...(classes.collection?.names ?? []).filter((_, i) => classes.collection?.images[i]), ...(classes.network?.names ?? [])])];
    const kinds = seek(names, (one) => [one], text, SOME);
    const first = (name: string): number | undefined => profiles?.images[profiles.labels.findIndex((label) => profiles.classes[label] === name)];
    return [
      { title: "Unit", hits: spelled(atlas, classes.network, route, text) },
      { title: "Layers", count: layers.count, hits: layers.found.map((layer) => ({ href: toLayer(layer.name), words: layer.name, more: [layer.op, role(layer), shapeOf(layer)].filter(Boolean).join(" · "), picture: <Tile path={fill(manifest.paths.preview, { layer: layer.id })} grid={layer.preview} panel={0} cell={0} side={44} /> })) },
      { title: "Marked units", hits: noted },
      {
        title: "Classes",
        count: kinds.count,
        hits: kinds.found.map((name) => {
          const image = first(name);
          return { href: toClass(name), words: name, more: classes.network?.names.includes(name) ? "class of the network" : "label of images", ...(image === undefined ? {} : { picture: <Thumb image={image} side={44} /> }) };
        }),
      },
      { title: "Units by name", cards: true, hits: units.flat() },
      { title: images.found.length > 1 ? "Units strongest on these images" : "Units strongest on this image", cards: true, hits: tops },
      { title: "Images", cards: true, count: images.count, all: withQuery("#/images", { q: text }), hits: images.found.slice(0, SOME).map((one) => ({ href: toImage(one.number), words: baseName(one.name), more: one.label ?? "", picture: <Thumb image={one.number} side={44} /> })) },
      { title: "Not in this atlas", hits: others.found.map((layer) => ({ href: toLayer(layer.name), words: layer.name, more: layer.op })) },
    ].filter((group) => group.hits.length > 0);
  }, [atlas, route, text, network, profiles, named, classes, notes, images, tops]);
}

/** One field for all there is: units, layers, classes, images, marks and notes, with pictures. */
export function Search({ route, close }: { route: Route; close: () => void }) {
  const { router } = useShell();
  const atlas = useAtlas();
  const [typed, type] = useState("");
  const [at, move] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const text = typed.trim();
  const groups = useGroups(route, text);
  const hits = groups.flatMap((group) => group.hits);
  const chosen = Math.min(at, hits.length - 1);
  useKeys({ Escape: close, "Ctrl+k": close }, true);
  const modal = useModal(close);
  useEffect(() => list.current?.querySelector(`#hit-${chosen}`)?.scrollIntoView({ block: "nearest" }), [chosen]);
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) move(Math.max(0, Math.min(hits.length - 1, chosen + by)));
    else if (event.key === "Enter" && hits[chosen]) {
      close();
      router.go((hits[chosen] as Hit).href);
    } else return;
    event.preventDefault();
  };
  let number = -1;
  return (
    <div class="modal high" aria-label="Search" {...modal}>
      <div class="sheet search">
        <input
          data-first
          type="search"
          role="combobox"
          list={undefined}
          aria-expanded={hits.length > 0}
          aria-controls="hits"
          aria-activedescendant={hits.length ? `hit-${chosen}` : undefined}
          aria-label="Search units, layers, classes and images"
          placeholder="Unit, layer, class, image, note …"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => {
            type(event.currentTarget.value);
            move(0);
          }}
          onKeyDown={press}
        />
        <div id="hits" class="hits" role="listbox" aria-label="Found" ref={list}>
          {groups.map((group) => (
            <div key={group.title} role="group" aria-label={group.title} class={group.cards ? "hit-cards" : ""}>
              <h3 aria-hidden="true">
                {group.title}
                {(group.count ?? 0) > group.hits.length && <span class="quiet"> {group.hits.length} of {group.count}</span>}
              </h3>
              {group.hits.map((hit) => {
                number += 1;
                return (
                  <a key={hit.href + hit.more} id={`hit-${number}`} role="option" aria-selected={number === chosen} tabIndex={-1} class="hit" href={hit.href} onClick={close}>
                    {group.hits.some((one) => one.picture) && <span class="hit-picture">{hit.picture}</span>}
                    <bdi>{spaced(hit.words)}</bdi>
                    {hit.more && <bdi class="quiet">{hit.more}</bdi>}
                  </a>
                );
              })}
            </div>
          ))}
        </div>
        {groups.flatMap((group) => (group.all && (group.count ?? 0) > group.hits.length ? [<p key={group.title}><a href={group.all} onClick={close}>All {many(group.count ?? 0, "image")}</a></p>] : []))}
        <p class="quiet" role="status">
          {text === "" ? "↑ ↓ choose, Enter opens. Units are spelled layer:number; a number alone is a unit of the layer shown." : hits.length === 0 ? `Nothing in this atlas has “${text}” in its name. Its layers: ${atlas.manifest.layers.slice(0, FEW).map((layer) => layer.name).join(", ")}${atlas.manifest.layers.length > FEW ? ", …" : ""}.` : ""}
        </p>
      </div>
    </div>
  );
}

