import type { VNode } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Views } from "../host";
import { useAtlas } from "../store";
import { Loading, Problem } from "./small";

/** A view of those that a second script holds, which is loaded when the first of them is opened. */
export function Further({ what, children }: { what: string; children: (views: Views) => VNode }) {
  const { host } = useAtlas().store;
  const [asked] = useState(() => host.more());
  const [views, show] = useState(asked instanceof Promise ? null : asked);
  const [problem, fail] = useState("");
  // Not after the paint: a promise that is refused at once would be reported as one that nobody heard.
  useLayoutEffect(() => {
    if (asked instanceof Promise) asked.then(show, (error: Error) => fail(error.message));
  }, [asked]);
  if (problem) return <Problem title="This view cannot be shown">{problem}</Problem>;
  return views ? children(views) : <Loading what={what} />;
}
