import { useEffect, useRef, useState } from "preact/hooks";
import { noCamera } from "../photos";
import { usePlace } from "../place";
import { Modal } from "./Modal";

/** A picture from the camera, taken in the page. */
export function Camera({ close, taken }: { close: () => void; taken: (photo: Blob) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const { alone } = usePlace();
  const [problem, setProblem] = useState(noCamera(alone));
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (problem) return;
    let stream: MediaStream | null = null;
    let wanted = true;
    navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false }).then(
      (found) => {
        stream = found;
        if (!wanted) found.getTracks().forEach((track) => track.stop());
        else if (video.current) {
          video.current.srcObject = found;
          void video.current.play();
        }
      },
      (error: Error) => setProblem(error.name === "NotAllowedError" ? "The browser was not allowed to use the camera." : `There is no camera to use: ${error.message}`),
    );
    return () => {
      wanted = false;
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  const take = (): void => {
    const seen = video.current;
    if (!seen) return;
    const canvas = document.createElement("canvas");
    canvas.width = seen.videoWidth;
    canvas.height = seen.videoHeight;
    canvas.getContext("2d")?.drawImage(seen, 0, 0);
    canvas.toBlob((blob) => blob && taken(blob), "image/png");
  };
  return (
    <Modal title="Camera" close={close}>
      {problem ? (
        <p role="alert">{problem}</p>
      ) : (
        <>
          <video ref={video} class="camera" muted playsInline onLoadedData={() => setReady(true)} aria-label="What the camera sees" />
          <button type="button" disabled={!ready} onClick={take}>
            Take the picture
          </button>
        </>
      )}
    </Modal>
  );
}
