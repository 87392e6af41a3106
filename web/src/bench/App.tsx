import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { toggleTheme } from "../listening";
import type { Api } from "./api";
import { BenchContext, probable, type Held, type Shared } from "./bench";
import { bitmap, cropped } from "./draw";
import { untouched, useGlances } from "./look";
import { Classes } from "./parts/Classes";
import { Curves } from "./parts/Curves";
import { Followed } from "./parts/Followed";
import { Head } from "./parts/Head";
import { Help } from "./parts/Help";
import { Layers } from "./parts/Layers";
import { PhotoPanel } from "./parts/PhotoPanel";
import { Sweep } from "./parts/Sweep";
import { UnitPanel, useSettled } from "./parts/UnitPanel";
import { useTaking } from "./photos";
import { find, type Place, usePlace } from "./place";
import { ofClasses, Session } from "./session";
import type { Chosen } from "./state";
import { lookOf, read, START, written } from "./state";
import type { About, PhotoTold } from "./types";
import { useKeys } from "./keys";

const STAYED = 1500; // milliseconds until what was done to the photo counts as looked at
const LEFT = 150; // milliseconds until a square that is not dragged on counts as left there

/** What was chosen, and the address that says it: steps of the history for what people go back to. */
function useChosen(place: Place, size: number): [Chosen, Shared["choose"]] {
  const [chosen, set] = useState<Chosen>(() => ({ ...read(place.hash()), size: read(place.hash()).size || size }));
  const now = useRef(chosen);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    const came = (): void => {
      if (place.hash() === written(now.current)) return;
      const found = read(place.hash());
      now.current = { ...found, size: found.size || size };
      set(now.current);
    };
    return place.came(came);
  }, [place]);
  const choose: Shared["choose"] = (change, how = "replace") => {
    now.current = { ...now.current, ...change };
    set(now.current);
    clearTimeout(timer.current);
    if (how === "push") place.write(written(now.current), true);
    else timer.current = setTimeout(() => place.write(written(now.current), false), 250);
  };
  return [chosen, choose];
}

export function App({ api, about }: { api: Api; about: About }) {
  const place = usePlace();
  const [chosen, choose] = useChosen(place, about.square);
  const [told, setTold] = useState<PhotoTold | null>(null);
  const [held, setHeld] = useState<Held | null>(null);
  const [words, say] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [help, setHelp] = useState(false);
  const [late, setLate] = useState(false);
  const [gone, setGone] = useState(false);
  const session = useMemo(() => new Session(), []);
  const fail = (error: unknown): void => {
    const said = error instanceof Error ? error.message : String(error);
    if (said) setProblem(said);
    if (said.includes("choose it again")) setTold(null);
  };
  const { plain, glance, picture, progress, of } = useGlances(api, told, chosen, fail);
  const taking = useTaking(api, {
    fail,
    taken: (photo) => {
      setProblem(null);
      setGone(false);
      session.clear();
      setTold(photo);
      const fresh = { photo: photo.number ?? ("own" as const), moved: START.moved, cover: [], transform: null };
      choose(fresh, "push");
    },
  });
  // The address may name another photo: a link, or a step back.
  useEffect(() => {
    if (typeof chosen.photo === "number" && chosen.photo !== told?.number) {
      const here = chosen;
      api.choose(chosen.photo).then((photo) => {
        setTold(photo);
        choose({ moved: here.moved, cover: here.cover, transform: here.transform });
      }, fail);
    }
    if (chosen.photo === "own" && told?.number !== null) {
      setTold(null);
      setGone(true);
    }
    if (chosen.photo === null) setTold(null);
  }, [chosen.photo]);
  const [down, right] = chosen.moved;
  useEffect(() => {
    let wanted = true;
    if (!told) setHeld(null);
    else {
      const whole = held?.told === told ? Promise.resolve(held.whole) : bitmap(told.picture);
      void whole.then(async (full) => {
        const crop = await cropped(full, told, [down, right]);
        if (wanted) setHeld({ told, whole: full, crop });
      });
    }
    return () => {
      wanted = false;
    };
  }, [told, down, right]);
  useEffect(() => {
    api.late = setLate;
    return () => {
      api.late = null;
    };
  }, [api]);
  // What was done to the photo and left so is a step of the session.
  useEffect(() => {
    if (!glance || !of || untouched(of)) return;
    const timer = setTimeout(() => session.add(ofClasses(lookOf(of), "What the network answers", glance.classes, probable(about))), STAYED);
    return () => clearTimeout(timer);
  }, [glance]);
  useEffect(() => {
    if (!words) return;
    const timer = setTimeout(() => say(""), 5000);
    return () => clearTimeout(timer);
  }, [words]);
  useKeys({
    "?": () => setHelp(true),
    Escape: () => (problem ? setProblem(null) : choose({ cover: [], transform: null })),
    o: () => find(place, "file")?.click(),
    d: () => toggleTheme(place.root),
  });
  const shown = held && picture ? { ...held, crop: picture } : held;
  const shared: Shared = { api, about, chosen, choose, held: shown, plain, glance, session, say, fail };
  // All but the photo goes with the answers, and not with every place that a square is dragged over.
  const left = useSettled(chosen.cover, LEFT);
  const others = JSON.stringify({ ...chosen, cover: chosen.cover.length > 0 });
  const calm = useMemo(() => shared, [api, about, shown?.told, shown?.crop, plain, glance, others, left]);
  return (
    <BenchContext.Provider value={calm}>
      <Head help={() => setHelp(true)} theme={() => toggleTheme(place.root)} />
      <div class="room">
      <main id="main" class="bench" tabIndex={-1} data-has={told !== null} {...taking.drop}>
        <h1 class="heard">The bench: {about.network}</h1>
        {problem && (
          <div class="trouble" role="alert">
            <p>{problem}</p>
            <button type="button" onClick={() => setProblem(null)}>
              Close
            </button>
          </div>
        )}
        {about.broken && (
          <p class="late" role="note">
            The weights of this network {about.broken}: what comes of them says little. Load other weights, such as those of a checkpoint from before.
          </p>
        )}
        {late && (
          <p class="late" role="status">
            The notebook's kernel does not hear: a cell runs, or it has ended. The bench answers when the cell is done; after a restart run its own again.
          </p>
        )}
        <div class="side">
          <BenchContext.Provider value={shared}>
            <PhotoPanel taking={taking} progress={progress} gone={gone} />
          </BenchContext.Provider>
          {told && <Classes />}
        </div>
        {told && (
          <>
            <div class="middle">
              <Followed />
              <Layers />
            </div>
            <UnitPanel />
            <div class="wide">
              <Sweep />
              <Curves />
            </div>
          </>
        )}
      </main>
      </div>
      {help && <Help close={() => setHelp(false)} />}
      <div class="toast" role="status" aria-live="polite" data-shown={words !== ""}>
        {words}
      </div>
    </BenchContext.Provider>
  );
}
