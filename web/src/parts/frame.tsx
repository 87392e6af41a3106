import { useEffect, useState } from "preact/hooks";
import type { Router } from "../route";

// What stands at the top of every page, whichever bundle it is of: the atlas's, that of mistakes, the bench.

export const Mark = () => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <rect x="1.5" y="1.5" width="21" height="21" rx="3" />
    <rect x="6.5" y="6.5" width="11" height="11" rx="1.5" />
    <circle cx="12" cy="12" r="2" />
  </svg>
);

/** To the content, past the sections. */
export function Skip({ main }: { main: () => HTMLElement | null }) {
  return (
    <a
      class="skip"
      href="#main"
      onClick={(event) => {
        event.preventDefault(); // the hash is the page's address
        main()?.focus();
      }}
    >
      Skip to content
    </a>
  );
}

/** Light or dark, and the keys. */
export const Buttons = ({ theme, help }: { theme: () => void; help: () => void }) => (
  <>
    <button class="icon" type="button" onClick={theme} aria-label="Light or dark" title="Light or dark (d)">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="8" />
        <path d="M12 4a8 8 0 0 1 0 16z" class="shaded" />
      </svg>
    </button>
    <button class="icon" type="button" onClick={help} aria-label="Keyboard" title="Keyboard (?)">
      ?
    </button>
  </>
);

/** Keys, and what each does. */
export const KeyList = ({ rows, class: kind }: { rows: readonly (readonly [string, string])[]; class?: string }) => (
  <dl class={kind}>
    {rows.map(([key, words]) => (
      <div key={key}>
        <dt>
          <kbd>{key}</kbd>
        </dt>
        <dd>{words}</dd>
      </div>
    ))}
  </dl>
);

/** The hash of the page's address, as it changes. */
export function useHash(router: Router): string {
  const [hash, set] = useState(router.hash());
  useEffect(() => {
    const update = (): void => set(router.hash());
    update();
    return router.subscribe(update);
  }, [router]);
  return hash;
}
