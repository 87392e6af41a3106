import { notesOf, useMarks } from "../marks";
import { parseUnit, toUnit } from "../route";
import { saveFile, useShell } from "../shell";
import { layerOfUnit, useAtlas } from "../store";
import { many } from "../words";
import { Section, UnitWords } from "./small";
import { UnitTile } from "./Tile";

/** The units that a person marked, with their notes, to save and to take in from others. */
export function Marked() {
  const atlas = useAtlas();
  const marks = useMarks();
  const { toast } = useShell();
  const all = Object.entries(marks.all());
  if (!all.length) return null;
  const save = (): void => saveFile("notes.json", JSON.stringify({ model: atlas.manifest.model.name, fingerprint: atlas.manifest.model.fingerprint, notes: marks.all() }, null, 1));
  const take = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    const text = await file.text();
    const found = notesIn(text, atlas.manifest.model.fingerprint);
    if (found === null) toast("This file holds notes on another network");
    else toast(`${many(marks.merge(found), "note")} taken in`);
  };
  return (
    <Section title="Marked units" class="panel marked">
      <ul class="tiles">
        {all.map(([text, note]) => {
          const unit = parseUnit(text);
          const layer = unit && layerOfUnit(atlas, unit.layer, unit.channel);
          if (!unit || !layer || unit.channel >= layer.channels) return null;
          return (
            <li key={text}>
              <a href={toUnit(unit.layer, unit.channel)}>
                <span class="pair">
                  <UnitTile layer={layer} channel={unit.channel} kind="photos" side={64} />
                  <UnitTile layer={layer} channel={unit.channel} kind="projections" side={64} />
                </span>
                <span class="caption">
                  <b>
                    <UnitWords unit={text} />
                  </b>
                </span>
                {note && <small class="clamp">{note}</small>}
              </a>
            </li>
          );
        })}
      </ul>
      <p class="actions">
        <button type="button" onClick={save}>
          Save notes
        </button>
        <label class="button">
          Take in notes…
          <input class="heard" type="file" accept="application/json,.json" onChange={(event) => void take(event.currentTarget)} />
        </label>
      </p>
    </Section>
  );
}

/** The notes of a file that was saved here; null where they are on another network. */
export function notesIn(text: string, fingerprint: string): Record<string, string> | null {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof file !== "object" || file === null || !("notes" in file)) return {};
  if ("fingerprint" in file && file.fingerprint !== fingerprint) return null;
  return notesOf(JSON.stringify(file.notes));
}
