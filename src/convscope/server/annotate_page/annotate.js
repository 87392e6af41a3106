"use strict";
// Boxes are [y0, x0, y1, x1] in pixels of the image file, half-open. Every change is sent at once, in order.
const COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#ffffff"];
const at = (id) => document.getElementById(id);
const make = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const state = { images: [], parts: [], object: "", image: 0, part: 0, boxes: {}, loaded: false, drag: null };
let waiting = Promise.resolve();
let asked = 0;

const size = () => [at("picture").naturalHeight, at("picture").naturalWidth];
const name = () => state.parts[state.part];
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

function say(text, bad = false) {
  at("status").textContent = text;
  at("status").classList.toggle("bad", bad);
}

async function answer(address, options) {
  const response = await fetch(address, options);
  const found = await response.json();
  if (!response.ok) throw new Error(found.error);
  return found;
}

function save() {
  const { image, boxes } = state;
  const body = JSON.stringify(boxes);
  state.images[image].count = Object.keys(boxes).length;
  say("saving");
  waiting = waiting.then(() =>
    answer(`api/parts/${image}`, { method: "PUT", headers: { "Content-Type": "application/json" }, body }).then(
      () => say("saved"),
      (error) => say(`not saved: ${error.message}`, true),
    ),
  );
  show();
}

async function open(index) {
  state.image = clamp(index, 0, state.images.length - 1);
  state.loaded = false;
  state.boxes = {};
  state.drag = null;
  const ticket = ++asked;
  await waiting; // what was just drawn is written before it is read again
  const picture = at("picture");
  try {
    const boxes = await answer(`api/parts/${state.image}`);
    if (ticket !== asked) return;
    picture.src = `image/${state.image}`;
    await picture.decode();
    if (ticket !== asked) return;
    state.boxes = boxes;
    state.loaded = true;
    say("");
  } catch (error) {
    if (ticket !== asked) return;
    picture.removeAttribute("src");
    say(`this image cannot be shown: ${error.message}`, true);
  }
  history.replaceState(null, "", `#${state.image}`);
  fit();
}

function fit() {
  const [height, width] = size();
  const room = at("room");
  const scale = Math.min((room.clientWidth - 8) / width, (room.clientHeight - 8) / height, 6) || 1;
  at("stage").style.width = `${Math.floor(width * scale)}px`;
  at("stage").style.height = `${Math.floor(height * scale)}px`;
  show();
}

function show() {
  const current = state.images[state.image];
  at("name").textContent = current.name;
  at("picture").alt = current.name;
  at("done").textContent = `${state.images.filter((one) => one.count).length} of ${state.images.length}`;
  [...at("images").children].forEach((item, i) => {
    const button = item.firstChild;
    button.setAttribute("aria-current", String(i === state.image));
    button.lastChild.textContent = state.images[i].count || "";
    if (i === state.image) button.scrollIntoView({ block: "nearest" });
  });
  at("parts").replaceChildren(...state.parts.map(partRow));
  const [height, width] = size();
  const shown = state.loaded ? state.parts.filter((part) => state.boxes[part]) : [];
  at("boxes").replaceChildren(...shown.map((part) => boxOf(part, height, width)));
}

function partRow(part, i) {
  const box = state.boxes[part];
  const swatch = make("span", { className: "swatch" });
  swatch.style.background = colour(i);
  const key = i < 9 ? make("kbd", { textContent: String(i + 1) }) : make("span");
  const said = box ? `${box[3] - box[1]} x ${box[2] - box[0]} px at ${box[1]}, ${box[0]}` : "not drawn";
  const choose = make("button", { type: "button", className: "choose" }, swatch, part, key, make("small", { textContent: said }));
  choose.setAttribute("aria-pressed", String(i === state.part));
  choose.addEventListener("click", () => pick(i));
  const remove = make("button", { type: "button", className: "remove", textContent: "\u00d7", disabled: !box });
  remove.setAttribute("aria-label", `Remove the box of ${part}`);
  remove.addEventListener("click", () => drop(part));
  return make("li", {}, choose, remove);
}

function boxOf(part, height, width) {
  const [y0, x0, y1, x1] = state.boxes[part];
  const i = state.parts.indexOf(part);
  const drawn = make("div", { className: "box" }, make("b", { textContent: part }));
  Object.assign(drawn.style, {
    top: `${(100 * y0) / height}%`, left: `${(100 * x0) / width}%`,
    width: `${(100 * (x1 - x0)) / width}%`, height: `${(100 * (y1 - y0)) / height}%`, borderColor: colour(i),
  });
  drawn.classList.toggle("low", y0 / height < 0.05);
  if (i === state.part) {
    drawn.classList.add("chosen");
    for (const [top, left] of [["0", "0"], ["0", "100%"], ["100%", "0"], ["100%", "100%"]]) {
      const corner = make("i", {});
      Object.assign(corner.style, { top, left });
      drawn.append(corner);
    }
  }
  return drawn;
}

const colour = (i) => (state.parts[i] === state.object ? COLOURS[7] : COLOURS[i % 7]);

function pick(i) {
  if (i >= state.parts.length) return;
  state.part = i;
  show();
  at("stage").focus({ preventScroll: true });
}

// Who has drawn a part goes on to the next that has none; the last one stays chosen, and can be moved.
function next() {
  const count = state.parts.length;
  const after = Array.from({ length: count - 1 }, (_, i) => (state.part + 1 + i) % count).find((i) => !state.boxes[state.parts[i]]);
  if (after !== undefined) pick(after);
}

function drop(part) {
  if (!state.boxes[part]) return;
  delete state.boxes[part];
  save();
  at("stage").focus({ preventScroll: true });
}

// -- pointer ---------------------------------------------------------------------------------------------------------
function pointOf(event) {
  const place = at("stage").getBoundingClientRect();
  const [height, width] = size();
  const y = ((event.clientY - place.top) / place.height) * height;
  const x = ((event.clientX - place.left) / place.width) * width;
  return [clamp(y, 0, height), clamp(x, 0, width), height / place.height];
}

function grab(event) {
  if (!state.loaded || event.button !== 0) return;
  event.preventDefault();
  at("stage").focus({ preventScroll: true });
  at("stage").setPointerCapture(event.pointerId);
  const [y, x, unit] = pointOf(event);
  const box = state.boxes[name()];
  const before = box && [...box];
  let anchor = [y, x];
  if (box) {
    const near = (a, b) => Math.abs(a - b) < 9 * unit;
    const row = near(y, box[0]) ? 0 : near(y, box[2]) ? 2 : -1;
    const column = near(x, box[1]) ? 1 : near(x, box[3]) ? 3 : -1;
    if (row >= 0 && column >= 0) anchor = [box[2 - row], box[4 - column]]; // the corner across stays
    else if (y > box[0] && y < box[2] && x > box[1] && x < box[3]) anchor = null;
  }
  state.drag = { anchor, before, from: [y, x] };
}

function drag(event) {
  if (!state.drag) return;
  const [y, x] = pointOf(event);
  const { anchor, before, from } = state.drag;
  if (anchor) {
    const [height, width] = size();
    const span = (a, b, most) => [Math.max(0, Math.round(Math.min(a, b))), Math.min(most, Math.round(Math.max(a, b)))];
    const [y0, y1] = span(anchor[0], y, height);
    const [x0, x1] = span(anchor[1], x, width);
    if (y1 - y0 < 1 || x1 - x0 < 1) return;
    state.boxes[name()] = [y0, x0, y1, x1];
  } else {
    state.boxes[name()] = moved(before, Math.round(y - from[0]), Math.round(x - from[1]));
  }
  show();
}

function release() {
  if (!state.drag) return;
  const { before } = state.drag;
  state.drag = null;
  const now = state.boxes[name()];
  if (!now || (before && now.every((value, i) => value === before[i]))) return;
  save();
  if (!before) next();
}

// -- keys ------------------------------------------------------------------------------------------------------------
function moved([y0, x0, y1, x1], down, right) {
  const [height, width] = size();
  const dy = clamp(down, -y0, height - y1);
  const dx = clamp(right, -x0, width - x1);
  return [y0 + dy, x0 + dx, y1 + dy, x1 + dx];
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function nudge(event) {
  const box = state.boxes[name()];
  if (!box) return;
  const [down, right] = ARROWS[event.key].map((step) => step * (event.shiftKey ? 10 : 1));
  const [height, width] = size();
  state.boxes[name()] = event.altKey
    ? [box[0], box[1], clamp(box[2] + down, box[0] + 1, height), clamp(box[3] + right, box[1] + 1, width)]
    : moved(box, down, right);
  save();
}

function middle() {
  if (state.boxes[name()]) return;
  const [height, width] = size();
  const half = Math.max(1, Math.round(Math.min(height, width) / 12));
  const [y, x] = [Math.round(height / 2), Math.round(width / 2)];
  state.boxes[name()] = [y - half, x - half, y + half, x + half].map((v, i) => clamp(v, 0, i % 2 ? width : height));
  save();
}

function key(event) {
  if (event.target.matches("input")) return;
  const onStage = event.target === at("stage") || event.target === document.body;
  if (event.key === "PageDown") open(state.image + 1);
  else if (event.key === "PageUp") open(state.image - 1);
  else if (/^[1-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey) pick(Number(event.key) - 1);
  else if (!state.loaded || !onStage) return;
  else if (event.key in ARROWS) nudge(event);
  else if (event.key === "Enter") middle();
  else if (event.key === "Delete" || event.key === "Backspace") drop(name());
  else return;
  event.preventDefault();
}

function add(event) {
  event.preventDefault();
  const part = at("new").value.trim();
  if (part && !state.parts.includes(part)) state.parts.splice(state.parts.indexOf(state.object), 0, part);
  at("new").value = "";
  if (part) pick(state.parts.indexOf(part));
}

async function start() {
  try {
    const found = await answer("api/images");
    Object.assign(state, { images: found.images, parts: found.parts, object: found.object });
    document.title = `${found.file}: parts`;
  } catch (error) {
    return say(`the server does not answer: ${error.message}`, true);
  }
  at("images").replaceChildren(
    ...state.images.map((one, i) => {
      const button = make("button", { type: "button", title: one.name }, make("span", { textContent: one.name }), make("span"));
      button.addEventListener("click", () => open(i));
      return make("li", {}, button);
    }),
  );
  const stage = at("stage");
  stage.addEventListener("pointerdown", grab);
  stage.addEventListener("pointermove", drag);
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);
  at("previous").addEventListener("click", () => open(state.image - 1));
  at("next").addEventListener("click", () => open(state.image + 1));
  at("add").addEventListener("submit", add);
  document.addEventListener("keydown", key);
  window.addEventListener("resize", fit);
  await open(Number(location.hash.slice(1)) || 0);
  stage.focus({ preventScroll: true });
}

start();
