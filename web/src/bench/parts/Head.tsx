import { useBench } from "../bench";

const Mark = () => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <rect x="1.5" y="1.5" width="21" height="21" rx="3" />
    <rect x="6.5" y="6.5" width="11" height="11" rx="1.5" />
    <circle cx="12" cy="12" r="2" />
  </svg>
);

/** The frame's top, as the atlas's pages have it. */
export function Head({ help, theme }: { help: () => void; theme: () => void }) {
  const { about } = useBench();
  return (
    <header class="top">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the hash is the page's address
          document.getElementById("main")?.focus();
        }}
      >
        Skip to content
      </a>
      <a class="brand" href={about.atlas ? "../" : "#/"} aria-label={about.atlas ? "convscope: the atlas" : "convscope: an empty bench"}>
        <Mark />
        <span>convscope</span>
      </a>
      <nav class="sections" aria-label="Sections">
        {about.atlas && <a href="../">Atlas</a>}
        <a href="#/" aria-current="page">
          Bench
        </a>
      </nav>
      <span class="of-network" title={about.network}>
        {about.network}
      </span>
      <button class="icon" type="button" onClick={theme} aria-label="Light or dark" title="Light or dark (d)">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="8" />
          <path d="M12 4a8 8 0 0 1 0 16z" class="shaded" />
        </svg>
      </button>
      <button class="icon" type="button" onClick={help} aria-label="Keyboard" title="Keyboard (?)">
        ?
      </button>
    </header>
  );
}
