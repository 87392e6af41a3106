// A unit within another page: how tall it is, and where its links lead.

/** Tell the page around this one how tall it is, each time that changes; what it does with that is its own business. */
export function tellHeight(window: Window, place: HTMLElement): void {
  if (window.parent === window) return;
  const size = new ResizeObserver(() => window.parent.postMessage({ convscope: "height", height: Math.ceil(place.getBoundingClientRect().height) }, "*"));
  size.observe(place);
}

/** Let links to what is no unit open the atlas itself, in a tab of its own. */
export function leaveFrame(window: Window): void {
  window.addEventListener(
    "click",
    (event) => {
      const href = (event.target as Element).closest?.('a[href^="#/"]')?.getAttribute("href");
      if (!href || href.startsWith("#/u/")) return;
      event.preventDefault();
      event.stopPropagation();
      window.open(`index.html${href}`, "_blank", "noopener");
    },
    { capture: true },
  );
}
