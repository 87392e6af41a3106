import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Something over the page that has the keyboard until it is closed; the browser's own dialog keeps the focus within. */
export function Modal({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  // Before the paint: what is there is open, and Escape closes it.
  useLayoutEffect(() => {
    const dialog = box.current;
    const before = (dialog?.getRootNode() as Document | ShadowRoot).activeElement as HTMLElement | null;
    dialog?.showModal();
    return () => {
      dialog?.close(); // while it is open, nothing else can have the focus
      before?.focus?.({ preventScroll: true });
    };
  }, []);
  return (
    <dialog ref={box} class="sheet over" aria-label={title} onClose={close} onCancel={close} onClick={(event) => event.target === box.current && close()}>
      <div class="over-head">
        <h2>{title}</h2>
        <button class="icon" type="button" onClick={close} aria-label="Close">
          ×
        </button>
      </div>
      {children}
    </dialog>
  );
}
