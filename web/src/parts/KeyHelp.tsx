import { useLayoutEffect, useRef } from "preact/hooks";
import { useKeys } from "../shell";
import { KeyList } from "./frame";

const KEYS: [string, [string, string][]][] = [
  [
    "Anywhere",
    [
      ["?", "this list"],
      ["/ or Ctrl K", "search everything"],
      ["g", "go to layer:unit"],
      ["x", "a unit at random"],
      ["d", "light or dark"],
      ["Esc", "close, or one level up"],
    ],
  ],
  [
    "Layers and units",
    [
      ["← → ↑ ↓", "move (also h j k l)"],
      ["Shift + arrow", "five steps"],
      ["Enter", "open"],
      ["[ ]", "previous, next layer"],
      ["p", "photos only"],
      ["r", "projections only"],
      ["b", "both"],
      ["e", "contrast of projections"],
      ["m", "mark the unit"],
    ],
  ],
  [
    "A unit's examples",
    [
      ["1 – 9", "open an example"],
      ["z", "zoom to the projection, or all of the field"],
      ["f", "photos in their images"],
      ["o", "lay projection over photo"],
      ["← →", "once open: previous, next"],
      ["+ −", "zoom"],
      ["c", "copy link"],
    ],
  ],
];

/** Something over the page that has the keyboard until it is closed. */
export function useModal(close: () => void) {
  const box = useRef<HTMLDivElement>(null);
  const beside = useRef(false);
  // Before the paint: what is typed at once is typed into its field.
  useLayoutEffect(() => {
    const root = box.current?.getRootNode() as Document | ShadowRoot;
    const before = root.activeElement as HTMLElement | null;
    box.current?.querySelector<HTMLElement>("[data-first]")?.focus({ preventScroll: true });
    return () => before?.focus?.({ preventScroll: true });
  }, []);
  const circle = (event: KeyboardEvent): void => {
    if (event.key !== "Tab" || !box.current) return;
    const all = [...box.current.querySelectorAll<HTMLElement>("a[href],button:not(:disabled),input,select")];
    const root = box.current.getRootNode() as Document | ShadowRoot;
    const at = all.indexOf(root.activeElement as HTMLElement);
    const to = event.shiftKey ? (at <= 0 ? all.length - 1 : at - 1) : at === all.length - 1 ? 0 : at + 1;
    all[to]?.focus();
    event.preventDefault();
  };
  // A drag that ends beside the sheet is no click there.
  const press = (event: PointerEvent): void => {
    beside.current = event.target === box.current;
  };
  return { ref: box, role: "dialog", "aria-modal": true, onKeyDown: circle, onPointerDown: press, onClick: (event: MouseEvent) => beside.current && event.target === box.current && close() } as const;
}

export function KeyHelp({ close }: { close: () => void }) {
  useKeys({ Escape: close, "?": close }, true);
  const modal = useModal(close);
  return (
    <div class="modal" aria-label="Keyboard" {...modal}>
      <div class="sheet help">
        <button class="icon close" type="button" onClick={close} aria-label="Close" data-first>
          ×
        </button>
        <h2>Keyboard</h2>
        <div class="columns">
          {KEYS.map(([title, rows]) => (
            <section key={title}>
              <h3>{title}</h3>
              <KeyList rows={rows} />
            </section>
          ))}
        </div>
      </div>
    </div>
  );
}
