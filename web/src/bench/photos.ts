// Photos come by dropping, pasting, choosing a file, or from the camera; each is sent to this machine's server alone.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Api } from "./api";
import { ears, usePlace } from "./place";
import type { PhotoTold } from "./types";

export interface Taking {
  busy: boolean;
  over: boolean;
  file(file: Blob, name: string): void;
  number(number: number): void;
  drop: { onDragOver(event: DragEvent): void; onDragLeave(event: DragEvent): void; onDrop(event: DragEvent): void };
}

interface Told {
  taken(photo: PhotoTold): void;
  fail(error: unknown): void;
}

export function useTaking(api: Api, told: Told): Taking {
  const place = usePlace();
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const latest = useRef(0);
  const now = useRef(told);
  now.current = told;
  const take = (photo: Promise<PhotoTold>): void => {
    const number = ++latest.current; // the newest wins, whichever comes first
    setBusy(true);
    photo
      .then(
        (found) => number === latest.current && now.current.taken(found),
        (error: unknown) => number === latest.current && now.current.fail(error),
      )
      .finally(() => number === latest.current && setBusy(false));
  };
  const file = (one: Blob, name: string): void => take(api.upload(one, name));
  useEffect(() => {
    const paste = (heard: Event): void => {
      const event = heard as ClipboardEvent;
      const found = [...(event.clipboardData?.files ?? [])][0];
      if (!found) return;
      event.preventDefault();
      if (!place.alone) event.stopPropagation(); // a notebook pastes cells
      file(found, found.name || "pasted");
    };
    const target = ears(place);
    target.addEventListener("paste", paste);
    return () => target.removeEventListener("paste", paste);
  }, [place]);
  return {
    busy,
    over,
    file,
    number: (number) => take(api.choose(number)),
    drop: {
      onDragOver: (event) => {
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: (event) => {
        if (!(event.currentTarget as Node).contains(event.relatedTarget as Node | null)) setOver(false);
      },
      onDrop: (event) => {
        event.preventDefault();
        setOver(false);
        const found = event.dataTransfer?.files[0];
        if (found) file(found, found.name);
        else now.current.fail(new Error("What was dropped is no file: save the picture and drop that, or paste it."));
      },
    },
  };
}

/** Why the camera cannot be used here; null where it can. */
export function noCamera(alone: boolean): string | null {
  if (!window.isSecureContext)
    return `Browsers give pages the camera on localhost or over https alone${alone ? ": open the bench at http://127.0.0.1 or http://localhost." : ", and this notebook is at neither."}`;
  if (!navigator.mediaDevices?.getUserMedia) return "This browser gives no page a camera.";
  return null;
}
