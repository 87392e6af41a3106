import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { vectorsOf } from "../alike";
import { layOut } from "../map";
import { toUnit } from "../route";
import type { AlikeData, LayerData, LayerEntry } from "../types";
import { percent, short } from "../words";
import { VirtualGrid } from "./Grid";
import { Facts, Loading, Name } from "./small";
import type { Kind } from "./Tile";
import { UnitTile } from "./Tile";

const GAP = 4;
const [LEAST, MOST] = [28, 64]; // pixels of a tile's side

interface Props {
  layer: LayerEntry;
  data: LayerData;
  known: AlikeData | null;
  units: number[];
  kind: Kind;
  chosen: number;
  choose: (channel: number) => void;
  open: (channel: number) => void;
  /** Whether it cannot be known how alike units are. */
  missing: boolean;
}

/** How many columns, and how large the tiles, for a map of `count` units that is `width` wide and a little less high. */
export function shapeOfMap(count: number, width: number): { columns: number; side: number } {
  const most = Math.max(1, Math.floor((width + GAP) / (LEAST + GAP)));
  const columns = Math.max(1, Math.min(most, Math.ceil(Math.sqrt(1.6 * count))));
  return { columns, side: Math.max(LEAST, Math.min(MOST, Math.floor((width + GAP) / columns) - GAP)) };
}

/** All units at a glance, those that respond alike side by side, and the one looked at large. */
export function LayerMap(props: Props) {
  const { layer, data, known, units, kind, chosen, choose, open, missing } = props;
  const box = useRef<HTMLDivElement>(null);
  // Pointing looks; a click, a key or the focus chooses.
  const [pointed, point] = useState(-1);
  const looked = pointed >= 0 ? pointed : chosen;
  const [width, measure] = useState(0);
  useEffect(() => {
    if (!box.current) return;
    const size = new ResizeObserver(([entry]) => measure(Math.floor(entry?.contentRect.width ?? 0)));
    size.observe(box.current);
    return () => size.disconnect();
  }, []);
  const there = useMemo(() => (known ? vectorsOf(known, units) : null), [known, units]);
  const { columns, side } = shapeOfMap(there?.units.length ?? 0, width);
  const order = useMemo(() => (there && width ? layOut(there.vectors, columns).map((i) => there.units[i] as number) : null), [there, columns, width > 0]);
  const render = useCallback(
    (index: number, tab: boolean) => {
      const channel = order?.[index] as number;
      return (
        <a
          class="unit mini"
          href={toUnit(layer.name, channel)}
          tabIndex={tab ? 0 : -1}
          aria-label={`Unit ${channel}`}
          onFocus={() => choose(channel)}
          onMouseEnter={() => point(channel)}
          onMouseLeave={() => point(-1)}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
            event.preventDefault();
            open(channel);
          }}
        >
          <UnitTile layer={layer} channel={channel} kind={kind} side={side} />
        </a>
      );
    },
    [layer, order, kind, side, open],
  );
  if (missing) return <p class="empty">This copy does not say how alike all units of a layer are, and has no map of them.</p>;
  const left = units.length - (there?.units.length ?? 0);
  return (
    <div class="layer-map">
      <div ref={box}>
        {order ? (
          <VirtualGrid
            count={order.length}
            cell={{ width: side, height: side }}
            gap={GAP}
            columns={columns}
            label={`Map of ${layer.name}`}
            current={order.indexOf(chosen)}
            select={(index) => {
              point(-1); // a key goes before a pointer that lies there
              choose(order[index] ?? -1);
            }}
            open={(index) => open(order[index] as number)}
            keyOf={(index) => order[index] ?? index}
            render={render}
          />
        ) : (
          <Loading what="the map" />
        )}
      </div>
      <aside class="panel map-look" aria-label="The unit looked at">
        {looked >= 0 && looked < layer.channels ? <MapLook layer={layer} data={data} channel={looked} /> : <p class="quiet">Units that respond to the same images lie side by side. Point at one to see it large.</p>}
        {left > 0 && <p class="quiet">{left === 1 ? "One unit responds" : `${left} units respond`} to all images alike and {left === 1 ? "has" : "have"} no place.</p>}
      </aside>
    </div>
  );
}

function MapLook({ layer, data, channel }: { layer: LayerEntry; data: LayerData; channel: number }) {
  const best = data.topClass?.[channel] ?? -1;
  const rows: [string, preact.ComponentChildren][] = [
    ["Maximum", short(data.maximum[channel])],
    ["Active", percent(data.active[channel])],
  ];
  if (best >= 0) rows.push(["Top class", <Name key="c" text={data.classes?.[best] ?? `class ${best}`} />]);
  return (
    <>
      <h2>
        <a href={toUnit(layer.name, channel)}>Unit {channel}</a>
      </h2>
      {data.names?.[channel] !== undefined && <Name text={data.names[channel] as string} />}
      <div class="map-pair">
        <UnitTile layer={layer} channel={channel} kind="photos" side={112} />
        <UnitTile layer={layer} channel={channel} kind="projections" side={112} />
      </div>
      <Facts rows={rows} />
    </>
  );
}
