import { saveFile } from "../../shell";
import { probable, useBench } from "../bench";
import { ofClasses, pageOf } from "../session";
import { doingOf } from "../state";

/** The session as one file, or as the Python that repeats it. */
export function Export() {
  const { api, about, held, chosen, glance, session, fail, say } = useBench();
  if (!held) return null;
  const stem = held.told.name.replace(/\.\w{1,5}$/, "").replace(/^.*[/\\]/, "") || "photo";
  const python = async (): Promise<string> => {
    const look = { kind: "look", ...doingOf(chosen) };
    const steps = [...session.steps.map((step) => step.question), ...(chosen.silenced.length ? [look] : [])];
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
        const classes = glance ? [ofClasses({ kind: "look", ...doingOf(chosen) }, "What the network answers", glance.classes, probable(about), shown)] : [];
        const steps = [...classes.map((step) => ({ ...step, pictures: [] })), ...session.steps];
        saveFile(`${stem}.html`, pageOf(steps, about, { name: held.told.name, picture: shown }, program), "text/html");
      }
      say(kind === "py" ? "Python saved" : "Page saved");
    }, fail);
  };
  return (
    <span class="export" role="group" aria-label="Save the session">
      <button type="button" onClick={() => save("html")} title="One page with the pictures and numbers of this session">
        HTML
      </button>
      <button type="button" onClick={() => save("py")} title="The program that repeats this session">
        Python
      </button>
    </span>
  );
}
