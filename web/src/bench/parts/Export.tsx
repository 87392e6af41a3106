import { saveFile } from "../../shell";
import { probable, useBench } from "../bench";
import { MOST, ofClasses, pageOf } from "../session";
import { lookOf } from "../state";

/** The session as one file, or as the Python that repeats it. */
export function Export() {
  const { api, about, held, chosen, glance, session, fail, say } = useBench();
  if (!held) return null;
  const stem = held.told.name.normalize("NFD").replace(/\p{M}/gu, "").replace(/\.\w{1,5}$/, "").replace(/^.*[/\\]/, "") || "photo";
  const python = async (): Promise<string> => {
    const steps = [...session.steps.map((step) => step.question), lookOf(chosen)].slice(-MOST);
    return (await api.one<{ python: string }>({ kind: "python", photo: held.told.photo, moved: chosen.moved, steps })).python;
  };
  const picture = (): string => {
    const canvas = document.createElement("canvas");
    canvas.width = held.crop.width;
    canvas.height = held.crop.height;
    canvas.getContext("2d")?.drawImage(held.crop, 0, 0);
    return canvas.toDataURL("image/png");
  };
  const save = (kind: "html" | "py"): void => {
    python().then((program) => {
      if (kind === "py") saveFile(`${stem}.py`, program, "text/x-python");
      else {
        const shown = picture();
        const classes = glance ? [ofClasses(lookOf(chosen), "What the network answers", glance.classes, probable(about))] : [];
        const steps = [...classes, ...session.steps.filter((step) => JSON.stringify(step.question) !== JSON.stringify(lookOf(chosen)))];
        saveFile(`${stem}.html`, pageOf(steps, about, { name: held.told.name, picture: shown }, program), "text/html");
      }
      say(kind === "py" ? "Python saved" : "Page saved");
    }, fail);
  };
  return (
    <span class="export" role="group" aria-label="Save the session">
      <span class="quiet" aria-hidden="true">
        Save
      </span>
      <button type="button" onClick={() => save("html")} title="One page with the pictures and numbers of this session">
        HTML
      </button>
      <button type="button" onClick={() => save("py")} title="The program that repeats this session">
        Python
      </button>
    </span>
  );
}
