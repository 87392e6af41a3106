import type { ComponentChildren, RefObject, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useKeys, useShell } from "../shell";

export interface GridProps {
  count: number;
  /** The width and height of a cell in CSS pixels, without the gap. */
  cell: { width: number; height: number };
  gap?: number;
  /** So many columns, whatever would fit. */
  columns?: number;
  label: string;
  current: number;
  select: (index: number) => void;
  open: (index: number) => void;
  /** What a cell shows; `tab`: whether the tab key comes to it. A function that stays the same saves drawing its cells again. */
  render: (index: number, tab: boolean) => ComponentChildren;
  keyOf: (index: number) => string | number;
  /** Whether this grid hears the keyboard; one of two side by side does. */
  keys?: boolean;
}

/** What scrolls: the window, or the box that a notebook shows the viewer in. */
const scrollerOf = (root: HTMLElement): Window | HTMLElement => (root === document.documentElement ? window : root);

const AHEAD = 400; // pixels above and below the window that are there before they are seen

export interface Extent {
  columns: number;
  /** From one column to the next: cells are spread over the width. */
  step: number;
  first: number;
  last: number;
  height: number;
}

/** Which of `count` cells to show where the grid is `width` wide and its visible part is [top, bottom). */
export function visible(count: number, width: number, cell: { width: number; height: number }, gap: number, top: number, bottom: number, fixed?: number): Extent {
  const columns = fixed ?? Math.max(1, Math.floor((width + gap) / (cell.width + gap)));
  const rows = Math.ceil(count / columns);
  const down = cell.height + gap;
  const first = Math.max(0, Math.min(rows, Math.floor((top - AHEAD) / down)));
  const last = Math.max(first, Math.min(rows, Math.ceil((bottom + AHEAD) / down)));
  return { columns, step: fixed ? cell.width + gap : Math.floor((width + gap) / columns), first: first * columns, last: Math.min(count, last * columns), height: Math.max(0, rows * down - gap) };
}

function useWindow(list: RefObject<HTMLUListElement | null>, props: GridProps, gap: number): Extent {
  const measure = (): Extent => {
    const box = list.current?.getBoundingClientRect();
    const width = box?.width || 900;
    const top = -(box?.top ?? 0);
    return visible(props.count, width, props.cell, gap, top, top + window.innerHeight, props.columns);
  };
  const [at, set] = useState<Extent>(measure);
  const [printed, print] = useState(false);
  const update = (): void => {
    const next = measure();
    set((now) => (now.columns === next.columns && now.step === next.step && now.first === next.first && now.last === next.last && now.height === next.height ? now : next));
  };
  useLayoutEffect(update, [props.count, props.cell.width, props.cell.height, props.columns]);
  const latest = useRef(update);
  latest.current = update;
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const again = (): void => latest.current();
    const size = new ResizeObserver(again);
    size.observe(element);
    // Captured, so that the grid also hears the scrolling of whatever box a notebook puts it in.
    window.addEventListener("scroll", again, { capture: true, passive: true });
    const paper = window.matchMedia("print");
    const turn = (): void => print(paper.matches);
    paper.addEventListener("change", turn);
    return () => {
      paper.removeEventListener("change", turn);
      size.disconnect();
      window.removeEventListener("scroll", again, { capture: true });
    };
  }, []);
  return printed ? { ...at, first: 0, last: props.count } : at; // on paper nothing is scrolled to
}

/** A grid of which only what is near the window exists; arrows move, Enter opens. */
export function VirtualGrid(props: GridProps) {
  const { count, cell, gap = 10, current, select, open } = props;
  const shell = useShell();
  const list = useRef<HTMLUListElement>(null);
  const at = useWindow(list, props, gap);
  const follow = useRef(false);

  const move = (by: number): void => {
    if (!count) return;
    follow.current = true;
    select(Math.max(0, Math.min(count - 1, current < 0 ? 0 : current + by)));
  };
  const row = at.columns;
  const steps: [string[], number][] = [
    [["ArrowLeft", "h"], -1],
    [["ArrowRight", "l"], 1],
    [["ArrowUp", "k"], -row],
    [["ArrowDown", "j"], row],
    [["Shift+ArrowLeft", "H"], -5],
    [["Shift+ArrowRight", "L"], 5],
    [["Shift+ArrowUp", "K"], -5 * row],
    [["Shift+ArrowDown", "J"], 5 * row],
    [["Home"], -count],
    [["End"], count],
  ];
  const keys = Object.fromEntries(steps.flatMap(([names, by]) => names.map((name) => [name, () => move(by)])));
  useKeys(props.keys === false ? {} : { ...keys, Enter: () => current >= 0 && open(current) });

  // After every render until it is done: a cell far away exists only once it was scrolled to. Before the paint, so that
  // the next key finds the focus where this one put it.
  useLayoutEffect(() => {
    if (!follow.current || current < 0 || !list.current) return;
    const item = list.current.querySelector<HTMLElement>(`[data-index="${current}"]`);
    if (item) {
      follow.current = false;
      item.querySelector<HTMLElement>("a")?.focus({ preventScroll: true });
      item.scrollIntoView({ block: "nearest" });
    } else {
      const top = list.current.getBoundingClientRect().top + Math.floor(current / row) * (cell.height + gap);
      scrollerOf(shell.root).scrollBy({ top: top - window.innerHeight / 3, behavior: "instant" });
    }
  });

  // Where the page begins with a unit chosen, it is in view.
  const started = useRef(false);
  useEffect(() => {
    if (started.current || current < 0 || !list.current || !shell.root.isConnected) return;
    started.current = true;
    const top = list.current.getBoundingClientRect().top + Math.floor(current / row) * (cell.height + gap);
    if (top > window.innerHeight - cell.height) scrollerOf(shell.root).scrollBy({ top: top - window.innerHeight / 3, behavior: "instant" });
  }, [current]);

  // A key changes two cells: the others keep what they were, and are not looked at again.
  const drawn = useRef(new Map<number, Drawn>());
  const items: VNode[] = [];
  const kept = new Map<number, Drawn>();
  for (let i = at.first; i < Math.min(at.last, count); i += 1) {
    const place = [props.render, props.keyOf(i), i === current, i === Math.max(0, current), count, row, at.step, cell.width, cell.height];
    const before = drawn.current.get(i);
    const one = before && before.place.every((value, n) => value === place[n]) ? before : { place, item: item(props, i, at, gap) };
    kept.set(i, one);
    items.push(one.item);
  }
  drawn.current = kept;
  return (
    <ul class="virtual" ref={list} aria-label={props.label} style={{ height: `${at.height}px` }}>
      {items}
    </ul>
  );
}

interface Drawn {
  place: unknown[];
  item: VNode;
}

function item({ count, cell, current, keyOf, render }: GridProps, i: number, at: Extent, gap: number): VNode {
  return (
    <li
      key={keyOf(i)}
      data-index={i}
      aria-setsize={count}
      aria-posinset={i + 1}
      class={i === current ? "current" : ""}
      style={{ left: `${(i % at.columns) * at.step}px`, top: `${Math.floor(i / at.columns) * (cell.height + gap)}px`, width: `${cell.width}px`, height: `${cell.height}px` }}
    >
      {render(i, i === Math.max(0, current))}
    </li>
  );
}
