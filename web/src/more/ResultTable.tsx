import { useMemo } from "preact/hooks";
import { useClasses } from "../classes";
import { toClass, toImage, toLayer } from "../route";
import { layerNamed, useAtlas } from "../store";
import { readable } from "../words";
import { Subject } from "./Chart";

const numeric = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));
const blank = (text: string | undefined): boolean => !text || text === "nan";

const STACKED = 4; // columns that a phone shows side by side
const CLASSES = ["class", "label", "answer"]; // columns that name classes
const FACTS = 3; // rows that are set beside each other where they have many columns

interface Column {
  at: number;
  name: string;
  head: string;
  note: string;
  right: boolean;
}

/** The columns to show, in order, in words: those that are told of, or all. */
export function columnsOf(columns: string[], rows: string[][], told: Record<string, [string, string]> = {}): Column[] {
  const known = Object.keys(told).filter((name) => columns.includes(name));
  return (known.length ? known : columns).map((name) => {
    const at = columns.indexOf(name);
    return { at, name, head: told[name]?.[0] ?? name, note: told[name]?.[1] ?? "", right: rows.every((row) => numeric(row[at] ?? "") || blank(row[at])) };
  });
}

/** A table to read: numbers of many digits are rounded, and say the rest when pointed at; on a phone a row is a list. */
export function ResultTable({ columns, rows, told, images }: { columns: string[]; rows: string[][]; told?: Record<string, [string, string]> | undefined; images: Map<string, number> }) {
  const shown = columnsOf(columns, rows, told).filter(({ at }) => rows.some((row) => !blank(row[at])));
  const named = shown.some((column) => CLASSES.includes(column.name));
  const known = useClasses(named);
  const classes = useMemo(() => new Set([...(known.collection?.names ?? []), ...(known.network?.names ?? [])]), [known]);
  const cell = (row: string[], column: Column) => <Cell text={row[column.at] ?? ""} right={column.right} image={images.get(row[column.at] ?? "")} known={CLASSES.includes(column.name) ? classes : null} />;
  const notes = shown.filter((column) => column.note);
  return (
    <>
      <div class={rows.length <= FACTS ? "scroll all" : "scroll"} tabIndex={0} role="region" aria-label="Rows of the table">
        {rows.length <= FACTS && shown.length > 6 ? (
          <table>
            <tbody>
              {shown.map((column) => (
                <tr key={column.at}>
                  <th scope="row">{column.head}</th>
                  {rows.map((row, i) => (
                    <td key={i}>{cell(row, column)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <table class={shown.length > STACKED ? "stacked" : ""}>
            <thead>
              <tr>
                {shown.map((column) => (
                  <th key={column.at} scope="col" class={column.right ? "number" : ""} title={column.note || undefined}>
                    <bdi>{column.head}</bdi>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>
                  {shown.map((column) => (
                    <td key={column.at} class={column.right ? "number" : ""} data-head={column.head}>
                      {cell(row, column)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {notes.length > 0 && (
        <details class="how">
          <summary>What the columns mean</summary>
          <dl>
            {notes.map((column) => (
              <div key={column.at}>
                <dt>{column.head}</dt>
                <dd>{column.note}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

/** A cell: what is a unit, a layer, a class or an image of the atlas leads there. */
function Cell({ text, right, image, known }: { text: string; right: boolean; image: number | undefined; known: Set<string> | null }) {
  const atlas = useAtlas();
  if (right && blank(text)) return <>–</>;
  if (right) return <span title={readable(text) !== text ? text : undefined}>{readable(text)}</span>;
  if (image !== undefined) return <a href={toImage(image)}>{text}</a>;
  if (known?.has(text) && atlas.manifest.classes) return <a href={toClass(text)}>{text}</a>;
  if (layerNamed(atlas, text)) return <a href={toLayer(text)}>{text}</a>;
  return /:\d+/.test(text) ? <Subject text={text} /> : <bdi>{text}</bdi>;
}
