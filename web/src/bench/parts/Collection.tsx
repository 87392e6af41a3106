import { useEffect, useState } from "preact/hooks";
import { useBench } from "../bench";
import { Modal } from "./Modal";

type Listed = { number: number; name: string };

/** The images of the collection, some at a time. */
export function Collection({ close, chosen }: { close: () => void; chosen: (number: number) => void }) {
  const { api, about, fail } = useBench();
  const [text, setText] = useState("");
  const [images, setImages] = useState<Listed[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const load = (first: number, before: Listed[], wanted: () => boolean = () => true): void => {
    api.images(first, text).then((found) => {
      if (!wanted()) return;
      setImages([...before, ...found.images]);
      setNext(found.next);
    }, fail);
  };
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(() => load(0, [], () => wanted), 150);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [text]);
  return (
    <Modal title="The collection" close={close}>
      <p class="note">{about.collection?.said}</p>
      <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder="part of a name" aria-label="Find an image by a part of its name" />
      <ul class="shelf">
        {images.map((one) => (
          <li key={one.number}>
            <button type="button" onClick={() => chosen(one.number)}>
              <Thumb number={one.number} />
              <small>
                <bdi>{one.name}</bdi>
              </small>
            </button>
          </li>
        ))}
      </ul>
      {images.length === 0 && <p class="quiet">Nothing is called so.</p>}
      {next !== null && (
        <button type="button" onClick={() => load(next, images)}>
          More
        </button>
      )}
    </Modal>
  );
}

function Thumb({ number }: { number: number }) {
  const { api } = useBench();
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let wanted = true;
    api.thumb(number).then(
      (blob) => {
        if (!wanted) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      },
      () => undefined, // an image that cannot be read says so when it is chosen
    );
    return () => {
      wanted = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [number]);
  return url ? <img src={url} alt="" /> : <span class="no-thumb" />;
}
