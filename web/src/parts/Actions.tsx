import { useState } from "preact/hooks";
import { citation, drawFigure, drawTitled, jsonOf, NotReadable, pngOf, type Seen, spriteOf, svgOf } from "../downloads";
import { toCompare, toUnit } from "../route";
import { copyText, saveFile, useKeys, useShell } from "../shell";
import { layerOfUnit, useAtlas } from "../store";
import type { LayerEntry, UnitData, UnitShard } from "../types";
import { useModal } from "./KeyHelp";
import { command, folderOf, onlyHere, Share } from "./Share";

interface Props {
  layer: LayerEntry;
  shard: UnitShard;
  unit: UnitData;
  /** How its examples are seen: pictures show the same. */
  seen: Seen;
}

/** What a person can take away of a unit. */
export function Actions({ layer, shard, unit, seen }: Props) {
  const atlas = useAtlas();
  const { router, root, toast } = useShell();
  const [open, show] = useState<"share" | "refused" | null>(null);
  const close = (): void => show(null);
  const near = unit.nearest.find(([channel]) => layerOfUnit(atlas, layer.name, channel))?.[0] ?? unit.channel;
  const spelled = `${layer.name}:${unit.channel}`;
  const link = router.link(toUnit(layer.name, unit.channel));
  const copy = async (text: string, what: string, caution = ""): Promise<void> => toast((await copyText(text, root)) ? `${what} copied${caution && `. ${caution}`}` : `${what} could not be copied: ${text}`);
  const figure = async (kind: "png" | "svg"): Promise<void> => {
    try {
      if (kind === "png") return saveFile(`${spelled}.png`, await pngOf(await drawTitled(atlas, layer, unit, seen)));
      const canvas = await drawFigure(atlas, layer, unit, seen);
      await pngOf(canvas); // which says whether its pixels may be read
      saveFile(`${spelled}.svg`, svgOf(canvas.toDataURL("image/png"), canvas, layer, unit, seen.view), "image/svg+xml");
    } catch (error) {
      if (error instanceof NotReadable) show("refused");
      else toast("The picture cannot be read");
    }
  };
  return (
    <div class="actions" role="group" aria-label="Take away">
      <button id="copy-link" type="button" onClick={() => copy(link ?? spelled, link ? "Link" : "Unit", link ? onlyHere(link) : "")}>
        Copy link
      </button>
      {atlas.store.host.kind !== "file" && (
        <button type="button" onClick={() => show("share")}>
          Share…
        </button>
      )}
      <button type="button" onClick={() => copy(citation(atlas, layer, unit.channel, link), "Citation")}>
        Copy citation
      </button>
      <button type="button" disabled={unit.dead} onClick={() => figure("png")}>
        PNG
      </button>
      <button type="button" disabled={unit.dead} onClick={() => figure("svg")}>
        SVG
      </button>
      <button type="button" onClick={() => saveFile(`${spelled}.json`, jsonOf(atlas, layer, shard, unit))}>
        JSON
      </button>
      <a class="button" href={toCompare(spelled, `${layer.name}:${near}`)}>
        Compare
      </a>
      {open === "refused" && <Refused path={spriteOf(atlas, layer, unit.channel)} unit={spelled} close={close} />}
      {open === "share" && <Share unit={spelled} link={link} copy={copy} close={close} />}
    </div>
  );
}

/** Browsers keep the pixels of a page opened from disk to themselves; large atlases have no scripts that repeat them. */
function Refused({ path, unit, close }: { path: string; unit: string; close: () => void }) {
  useKeys({ Escape: close }, true);
  const modal = useModal(close);
  return (
    <div class="modal" aria-label="Pictures from disk" {...modal}>
      <div class="sheet narrow">
        <button class="icon close" type="button" onClick={close} aria-label="Close" data-first>
          ×
        </button>
        <h2>Pictures of a page opened from disk</h2>
        <p>Browsers do not let such a page read its own pictures, and this atlas has too many of them to hold each twice. Any of these does it:</p>
        <ul>
          <li>
            open <a href={path} target="_blank" rel="noreferrer">the unit's picture</a> (WebP) and save it;
          </li>
          <li>
            run <code>convscope serve {folderOf(location)}</code>, where the buttons work;
          </li>
          <li>
            run <code>{command(unit, location)}</code>: one file to mail, where they work too;
          </li>
          <li>
            run <code>convscope atlas export {folderOf(location)} --portable</code>: the whole atlas with every picture twice.
          </li>
        </ul>
      </div>
    </div>
  );
}
