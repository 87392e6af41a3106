import { KeyList } from "../../parts/frame";
import { Modal } from "./Modal";

const KEYS: [string, string][] = [
  ["o", "choose a photo; Ctrl+V pastes one"],
  ["c", "cover the middle, then the arrow keys move the square (Shift: further)"],
  ["b", "brush: the arrow keys move it, Space covers"],
  ["Delete", "uncover"],
  ["[ ]", "the unit before, the next one of the layer"],
  ["f", "follow the unit, or no longer"],
  ["m", "silence the unit, or no longer"],
  ["s", "sweep the square over the photo, or stop"],
  ["e", "contrast of the projection"],
  ["d", "light or dark"],
  ["Esc", "close; the photo as it is"],
  ["?", "this list"],
];

export function Help({ close }: { close: () => void }) {
  return (
    <Modal title="Keyboard" close={close}>
      <KeyList class="key-list" rows={KEYS} />
      <p class="note">Everything else is reached with Tab and pressed with Enter. What you choose is in the address; a photo of your own lives as long as this page, in memory alone.</p>
    </Modal>
  );
}
