import { useEffect, useState } from "preact/hooks";

const PATIENCE = 1000; // milliseconds

/** Said of an answer that does not come at once. */
export function Slow() {
  const [late, set] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => set(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="note" role="status">
      {late ? "Computing… the first answer of each kind takes longer than those after it." : ""}
    </p>
  );
}
