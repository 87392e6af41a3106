import { Caution } from "../parts/Caution";
import { Loading, Name, NoLayer, Problem } from "../parts/small";
import { Units } from "../parts/Units";
import { Tested } from "../parts/Truth";
import { toLayer } from "../route";
import { useKeys, useShell } from "../shell";
import { layerNamed, useAtlas, useData } from "../store";
import type { LayerData, LayerEntry, NetworkData } from "../types";
import { fieldOf, many, roleOf, shapeOf } from "../words";

export function LayerPage({ name, query }: { name: string; query: URLSearchParams }) {
  const atlas = useAtlas();
  const layer = layerNamed(atlas, name);
  const data = useData<LayerData>(layer ? `layers/${layer.id}` : null);
  if (!layer) return <NoLayer name={name} />;
  if (data.error) return <Problem title="Data is missing">{data.error.message}</Problem>;
  return (
    <>
      <LayerHead layer={layer} />
      {data.value ? <Units layer={layer} data={data.value} query={query} /> : <Loading what={layer.name} />}
    </>
  );
}

function LayerHead({ layer }: { layer: LayerEntry }) {
  const atlas = useAtlas();
  const { router } = useShell();
  const network = useData<NetworkData>("network").value;
  const at = atlas.manifest.layers.indexOf(layer);
  const [before, after] = [atlas.manifest.layers[at - 1], atlas.manifest.layers[at + 1]];
  const go = (to: LayerEntry | undefined) => (): void => (to ? router.go(toLayer(to.name)) : undefined);
  useKeys({ "[": go(before), "]": go(after) });
  const units = layer.units;
  return (
    <div class="page-head">
      <div>
        <h1>
          <Name text={layer.name} />
        </h1>
        <p class="lead">
          {[layer.op, roleOf(layer.name, network?.layers ?? [])].filter(Boolean).join(", ")} · {shapeOf(layer)} · receptive field {fieldOf(layer)} · {many(units.dead, "dead unit")}
          {units.silent > 0 && ` · ${units.silent} never above zero`}
          {units.nan > 0 && ` · ${units.nan} with NaN`}
          {layer.control && ` · like control ${layer.control.median?.toFixed(2) ?? "–"}`}
        </p>
        <Caution layers={[layer]} />
        <p class="note">
          <Tested layer={layer.name} />
        </p>
      </div>
      <div class="steps">
        {before && (
          <a href={toLayer(before.name)} title="Previous layer ([)" aria-label={`Previous layer, ${before.name}`}>
            ←
          </a>
        )}
        {after && (
          <a href={toLayer(after.name)} title="Next layer (])" aria-label={`Next layer, ${after.name}`}>
            →
          </a>
        )}
      </div>
    </div>
  );
}
