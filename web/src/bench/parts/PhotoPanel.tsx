import { useRef, useState } from "preact/hooks";
import { Choice } from "../../parts/small";
import { probable, useBench } from "../bench";
import { useKeys } from "../keys";
import { noCamera, type Taking } from "../photos";
import { find, usePlace } from "../place";
import type { Fill, Tool } from "../state";
import { megabytes } from "../words";
import { Camera } from "./Camera";
import { Collection } from "./Collection";
import { Export } from "./Export";
import { Stage } from "./Stage";

const TOOLS = [["square", "Square"], ["brush", "Brush"], ["crop", "Crop"]] as const;
const FILLS = [["grey", "grey"], ["mean", "mean"], ["blur", "blur"]] as const;
const WORDS: Record<Tool, string> = {
  square: "Drag over the photo: the square covers a part, and everything answers as you go.",
  brush: "Paint over what the network shall not see.",
  crop: "Drag the frame to where the network looks.",
};

/** The photo: where it comes from, and what is done to it. */
export function PhotoPanel({ taking, progress, gone }: { taking: Taking; progress: number | null; gone: boolean }) {
  const { held, about } = useBench();
  const { alone } = usePlace();
  const [camera, setCamera] = useState(false);
  const [collection, setCollection] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  return (
    <section class="panel photo" aria-labelledby="photo-title">
      <div class="photo-head">
        <h2 id="photo-title">{held ? <bdi title={held.told.name}>{held.told.name}</bdi> : "A photo"}</h2>
        {held && <Export />}
      </div>
      {held ? <Stage busy={progress} /> : <Empty over={taking.over} busy={taking.busy} gone={gone} />}
      <div class="sources">
        <label class="button">
          Choose a file
          <input
            id="file"
            ref={file}
            type="file"
            accept="image/*,.npy,.dcm,.tif,.tiff"
            onChange={(event) => {
              const found = event.currentTarget.files?.[0];
              if (found) taking.file(found, found.name);
              event.currentTarget.value = "";
            }}
          />
        </label>
        <button type="button" onClick={() => setCamera(true)} title={noCamera(alone) ?? ""}>
          Camera
        </button>
        {about.collection && (
          <button type="button" onClick={() => setCollection(true)}>
            Collection
          </button>
        )}
        {taking.busy && (
          <span class="quiet" role="status">
            Reading…
          </span>
        )}
      </div>
      {held && <Tools />}
      {camera && (
        <Camera
          close={() => setCamera(false)}
          taken={(blob) => {
            setCamera(false);
            taking.file(blob, "camera.png");
          }}
        />
      )}
      {collection && (
        <Collection
          close={() => setCollection(false)}
          chosen={(number) => {
            setCollection(false);
            taking.number(number);
          }}
        />
      )}
    </section>
  );
}

function Empty({ over, busy, gone }: { over: boolean; busy: boolean; gone: boolean }) {
  const { about } = useBench();
  const { alone } = usePlace();
  const what = probable(about) ? "its classes" : "what it answers";
  return (
    <div class="drop" data-over={over}>
      <p class="drop-title">{busy ? "Reading the photo…" : over ? "Let it go" : "Drop a photo here"}</p>
      <p>or paste one (Ctrl+V), or choose it below.</p>
      {gone && <p role="status">Your own photo lived as long as the page: choose it again. What else was chosen is in the address.</p>}
      <p class="note">
        At once you see {what}, the strongest units of each layer, and what any of them takes from the photo. {alone ? "It stays on this machine, in memory alone" : "It goes to the notebook's kernel, and stays in its memory alone"}: at
        most {megabytes(about.limits.bytes)} and {Math.round(about.limits.pixels / 1e6)} megapixels.
      </p>
    </div>
  );
}

function Tools() {
  const { chosen, choose, about, held } = useBench();
  const place = usePlace();
  const [, height, width] = about.input;
  const movable = held?.told.rooms.some(([least, most]) => least !== most) ?? false;
  const tools = movable ? TOOLS : TOOLS.slice(0, 2);
  const middle: [number, number] = [Math.round(height / 2), Math.round(width / 2)];
  const begin = (tool: Tool): void => {
    choose({ tool, cover: tool === "square" ? [middle] : [] });
    requestAnimationFrame(() => find(place, "handle")?.focus());
  };
  useKeys({ c: () => begin("square"), b: () => begin("brush"), Delete: () => choose({ cover: [] }) });
  return (
    <div class="tools">
      <Choice label="What dragging does" value={chosen.tool} options={tools} change={(tool: Tool) => choose({ tool, cover: [] })} />
      {chosen.tool !== "crop" && (
        <>
          <Choice label="What covers" value={chosen.fill} options={FILLS} change={(fill: Fill) => choose({ fill })} />
          <label class="size">
            <span>Size</span>
            <input
              type="range"
              min={Math.max(2, Math.round(Math.min(height, width) / 16))}
              max={Math.round(Math.min(height, width) * 0.75)}
              value={chosen.size}
              onInput={(event) => choose({ size: Number(event.currentTarget.value) })}
            />
            <output>{chosen.size} px</output>
          </label>
        </>
      )}
      <p class="note">
        {WORDS[chosen.tool]}{" "}
        {chosen.cover.length > 0 && (
          <button class="plain" type="button" onClick={() => choose({ cover: [] })}>
            Uncover
          </button>
        )}
        {chosen.tool === "crop" && (chosen.moved[0] !== 0 || chosen.moved[1] !== 0) && (
          <button class="plain" type="button" onClick={() => choose({ moved: [0, 0] })}>
            Back to the middle
          </button>
        )}
      </p>
    </div>
  );
}
