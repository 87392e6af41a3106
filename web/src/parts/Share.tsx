import { embedded, embedding } from "../downloads";
import { useKeys } from "../shell";
import { useAtlas } from "../store";
import { useModal } from "./KeyHelp";

/** What a link cannot do, in words; empty where others may open it. */
export function onlyHere(link: string): string {
  const { protocol, hostname } = new URL(link);
  if (protocol === "file:") return "It opens on this computer alone";
  return /^(localhost|127\..*|\[::1\])$/.test(hostname) ? "It opens on this computer alone, while it is served" : "";
}

/** A word of a command line, in quotes where a shell would take it apart. */
const word = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

/** The atlas's folder as a command line has it: known where the page is opened from it. */
export const folderOf = (page: { protocol: string; pathname: string }): string => (page.protocol === "file:" ? word(decodeURIComponent(page.pathname).replace(/\/[^/]*$/, "") || "/") : "FOLDER");

/** The command that writes a unit as one file. */
export function command(unit: string, page: { protocol: string; pathname: string }): string {
  return `convscope atlas export ${folderOf(page)} --units ${word(unit)} --single-file`;
}

interface Props {
  unit: string;
  link: string | null;
  copy: (text: string, what: string, caution?: string) => void;
  close: () => void;
}

/** The ways to show a unit to others. */
export function Share({ unit, link, copy, close }: Props) {
  const { store } = useAtlas();
  useKeys({ Escape: close }, true);
  const modal = useModal(close);
  const told = link === null ? "" : onlyHere(link);
  const written = command(unit, link === null ? { protocol: "", pathname: "" } : location);
  return (
    <div class="modal" aria-label={`Share ${unit}`} {...modal}>
      <div class="sheet narrow share">
        <button class="icon close" type="button" onClick={close} aria-label="Close" data-first>
          ×
        </button>
        <h2>Share {unit}</h2>
        <h3>One file to mail</h3>
        <p>Opens on this unit, on any computer and without a connection, and holds the units that it links to. This command writes it{written.includes(" FOLDER ") && ", FOLDER standing for the folder of this atlas on the computer that has it"}:</p>
        <pre>{written}</pre>
        <button type="button" onClick={() => copy(written, "Command")}>
          Copy command
        </button>
        {link !== null && (
          <>
            <h3>A link</h3>
            <p>{told ? `${told}. With the folder on any web host, others can open it too.` : "Leads to this unit."}</p>
            <button type="button" onClick={() => copy(link, "Link", told)}>
              Copy the link
            </button>
            <h3>Within another page</h3>
            <p>HTML that shows this unit, as tall as it is.{told && ` ${told}.`}</p>
            <button type="button" onClick={() => copy(embedding(embedded(link, store.host.kind), unit), "Code to embed it", told)}>
              Copy embed code
            </button>
          </>
        )}
      </div>
    </div>
  );
}
