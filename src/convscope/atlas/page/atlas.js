// The plain page of an atlas. Classic script: it runs from disk, where modules and fetch are blocked, and reads its data
// by adding script elements that call __atlas(address, value). Text is put in by textContent alone: names and labels come
// from files that nobody checked.
(function () {
  "use strict";

  const SCHEMA = 1;
  const PAGE = 128; // units on a page of a layer: two contact sheets of each kind
  const SVG = "http://www.w3.org/2000/svg";
  const main = document.getElementById("main");
  const crumbs = document.getElementById("crumbs");

  // -- data ----------------------------------------------------------------------------------------------------------

  const waiting = new Map();
  const loaded = new Map();

  window.__atlas = function (address, value) {
    const found = waiting.get(address);
    if (found) found.resolve(value);
  };

  /** The value that data/ADDRESS.js hands over, loaded once. */
  function load(address) {
    if (!loaded.has(address)) {
      loaded.set(address, new Promise(function (resolve, reject) {
        waiting.set(address, { resolve: resolve });
        const script = document.createElement("script");
        script.src = "data/" + address.split("/").map(encodeURIComponent).join("/") + ".js";
        script.onerror = function () {
          loaded.delete(address);
          reject(new Error("data/" + address + ".js is missing or cannot be read"));
        };
        document.head.append(script);
      }));
    }
    return loaded.get(address);
  }

  function fill(template, values) {
    return template.replace(/\{(\w+)\}/g, function (_, key) { return encodeURIComponent(values[key]); });
  }

  // -- elements ------------------------------------------------------------------------------------------------------

  /** An element; `set` are attributes and on... handlers, children are elements or text. */
  function h(tag, set, ...children) {
    const element = tag.startsWith("svg:")
      ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
    for (const [key, value] of Object.entries(set || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? "" : String(value));
    }
    element.append(...children.flat(Infinity).filter(function (child) { return child !== null && child !== undefined; }));
    return element;
  }

  /** Text from outside, in a direction of its own. */
  function name(text) { return h("bdi", { class: "name" }, text); }

  function facts(pairs) {
    const rows = pairs.filter(Boolean).map(function (pair) { return [h("dt", null, pair[0]), h("dd", null, pair[1])]; });
    return h("dl", null, rows);
  }

  /** One cell of a picture file, as large as its place; panel p of grid g. */
  function cell(url, grid, panel, index, enlarge, label) {
    const x = (panel * grid.columns + index % grid.columns) * grid.pitchX;
    const y = Math.floor(index / grid.columns) * grid.pitchY;
    const width = grid.panels * grid.columns * grid.pitchX, height = grid.rows * grid.pitchY;
    return h("svg:svg", {
      class: enlarge > 1 ? "tile sharp" : "tile", viewBox: [x, y, grid.width, grid.height].join(" "),
      role: label ? "img" : null, "aria-label": label, "aria-hidden": label ? null : "true",
    }, h("svg:image", { href: url, width: width, height: height }));
  }

  // -- words ---------------------------------------------------------------------------------------------------------

  function short(value) {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    if (value === 0) return "0";
    return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  }
  function percent(value) { return value === null ? "–" : short(100 * value) + " %"; }
  function many(count, one, more) { return count.toLocaleString("en") + " " + (count === 1 ? one : more || one + "s"); }
  function shape(layer) { return layer.spatial ? layer.channels + " × " + layer.height + " × " + layer.width : String(layer.channels); }
  function field(layer) {
    if (!layer.field) return "whole image";
    const size = layer.field.size, stride = layer.field.stride;
    const sides = size[0] === size[1] ? size[0] + " px" : size[0] + " × " + size[1] + " px";
    const step = stride[0] === stride[1] ? short(stride[0]) : short(stride[0]) + " × " + short(stride[1]);
    return sides + ", stride " + step;
  }
  function bytes(count) {
    return count < 1e6 ? Math.round(count / 1e3) + " kB" : short(count / 1e6) + " MB";
  }

  // -- addresses -----------------------------------------------------------------------------------------------------

  function encode(text) { return encodeURIComponent(text).replace(/%3A/g, ":"); }
  function layerLink(layer, query) { return "#/l/" + encode(layer.name) + (query ? "?" + query : ""); }
  function unitLink(layer, channel) { return "#/u/" + encode(layer.name + ":" + channel); }

  function route() {
    const text = location.hash.replace(/^#\/?/, "");
    const cut = text.indexOf("?");
    const path = cut < 0 ? text : text.slice(0, cut);
    let rest = path.slice(2);
    try { rest = decodeURIComponent(rest); } catch (error) { /* a stray %: taken as it is */ }
    return { kind: path.slice(0, 1), rest: rest, query: new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1)) };
  }

  // -- pages ---------------------------------------------------------------------------------------------------------

  let manifest = null;
  let keys = {}; // what keys do on the page that is shown
  let turn = 0; // counts pages, so that a slow one does not replace a later one

  function show(title, trail, content) {
    document.title = title + " – convscope atlas";
    crumbs.replaceChildren(...trail.map(function (step) {
      return step[1] ? h("a", { href: step[1] }, step[0]) : h("span", { "aria-current": "page" }, step[0]);
    }));
    main.replaceChildren(...content);
  }

  function fail(message) {
    keys = {};
    show("Not found", [], [h("h1", null, "Not here"), h("p", { class: "lead" }, message), h("p", null, h("a", { href: "#/" }, "All layers"))]);
  }

  function findLayer(wanted) {
    const found = manifest.layers.find(function (layer) { return layer.name === wanted; });
    if (!found) throw new Error("Layer “" + wanted + "” is not in this atlas.");
    return found;
  }

  function home() {
    const model = manifest.model, data = manifest.data, options = manifest.options;
    keys = {};
    const dead = manifest.layers.reduce(function (sum, layer) { return sum + layer.units.dead; }, 0);
    const cards = [
      h("section", { class: "card" }, h("h2", null, "Model"), facts([
        ["Name", name(model.name)],
        ["Input", model.input.join(" × ") + ", " + model.dtype],
        ["Preparation", model.preprocessText],
        ["Output", model.classes ? name(model.output + ", " + many(model.classes, "class", "classes")) : name(model.output)],
        ["SHA-256", h("span", { class: "mono", title: model.fingerprint }, model.fingerprint.slice(0, 16) + "…")],
      ])),
      h("section", { class: "card" }, h("h2", null, "Images"), facts([
        ["Collection", name(data.description)],
        ["Images", many(data.count, "image") + (data.classes ? ", " + many(data.classes, "class", "classes") : ", no labels")],
        ["Unreadable", String(manifest.failures.count)],
        ["SHA-256", h("span", { class: "mono", title: data.fingerprint }, data.fingerprint.slice(0, 16) + "…")],
      ])),
      h("section", { class: "card" }, h("h2", null, "How it was made"), facts([
        ["Begun", manifest.created.replace("T", " ").replace("Z", " UTC")],
        ["Shown", options.k + " strongest responses a unit, one an image" + (options.limit ? "; at most " + many(options.limit, "image") : "")],
        ["Projection", options.rule + "; smooth activations " + options.smooth + "; colliding switches " + options.overlap + "; LRN " + options.lrn],
        options.seed === null ? null : ["Seed", String(options.seed)],
        ["Versions", Object.entries(manifest.versions).map(function (pair) { return pair.join(" "); }).join(", ")],
      ])),
    ];
    const content = [
      h("h1", null, name(model.name)),
      h("p", { class: "lead" }, "What its units respond to in " + many(data.count, "image") + ": " +
        many(manifest.units, "unit") + " of " + many(manifest.layers.length, "layer") +
        (dead ? ", " + dead + " of them dead" : "") + "."),
      h("section", { class: "card scroll" }, h("h2", null, "Layers"), layerTable()),
      h("p", null, ""),
      h("div", { class: "cards" }, cards),
    ];
    if (manifest.failures.count) content.splice(2, 0, failureCard());
    show(model.name, [], content);
  }

  function failureCard() {
    const shown = manifest.failures.shown;
    const more = manifest.failures.count - shown.length;
    return h("section", { class: "card warn" }, h("details", null,
      h("summary", null, many(manifest.failures.count, "image") + " could not be read and " + (manifest.failures.count === 1 ? "was" : "were") + " left out"),
      h("ul", { class: "small" }, shown.map(function (failure) {
        return h("li", null, name(failure.name), h("span", { class: "quiet" }, " – " + failure.reason));
      }), more > 0 ? h("li", { class: "quiet" }, "and " + more + " more, in atlas.sqlite") : null)));
  }

  function layerTable() {
    const rows = manifest.layers.map(function (layer) {
      return h("tr", null,
        h("td", null, h("a", { href: layerLink(layer) }, h("b", null, name(layer.name)))),
        h("td", { class: "quiet" }, layer.op),
        h("td", { class: "number" }, shape(layer)),
        h("td", null, field(layer)),
        h("td", { class: "number" }, layer.units.dead ? layer.units.dead + " dead" : "0 dead"),
        h("td", null, preview(layer)));
    });
    const heads = ["Layer", "Operation", "Units × map", "Receptive field", "", "Some units: patch and projection"];
    return h("table", null, h("thead", null, h("tr", null, heads.map(function (head, i) {
      return h("th", { scope: "col", class: i === 2 || i === 4 ? "number" : null }, head);
    }))), h("tbody", null, rows));
  }

  /** Some units of a layer, filled in when it comes into view: ten patches above their projections. */
  function preview(layer) {
    const place = h("a", { class: "preview", href: layerLink(layer), "aria-hidden": "true", tabindex: "-1" });
    const url = fill(manifest.paths.preview, { layer: layer.id });
    whenSeen(place, function () {
      for (let i = 0; i < layer.preview.rows * layer.preview.columns; i += 1) {
        place.append(cell(url, layer.preview, 0, i, layer.preview.enlarge));
      }
    });
    return place;
  }

  function whenSeen(element, act) {
    const watch = new IntersectionObserver(function (entries) {
      if (!entries.some(function (entry) { return entry.isIntersecting; })) return;
      watch.disconnect();
      act();
    }, { rootMargin: "200px" });
    watch.observe(element);
  }

  // A unit's strongest patch or projection or both, from the contact sheets.
  function sheetCells(layer, channel, kinds) {
    const sheet = Math.floor(channel / layer.sheet.units), index = channel % layer.sheet.units;
    return kinds.map(function (kind) {
      return cell(fill(manifest.paths[kind], { layer: layer.id, sheet: sheet }), layer.sheet, 0, index, layer.sheet.enlarge);
    });
  }

  function unitCard(layer, data, channel, kinds, note) {
    const dead = data.dead.includes(channel);
    const label = data.names ? data.names[channel] : String(channel);
    return h("li", { class: dead ? "dead" : null },
      h("a", { href: unitLink(layer, channel), title: layer.name + ":" + channel + (dead ? ", dead" : "") },
        h("span", { class: "pair" }, sheetCells(layer, channel, kinds)),
        h("span", { class: "caption" }, h("b", null, label), h("span", null, dead ? "dead" : note))));
  }

  async function layerPage(at) {
    const layer = findLayer(at.rest);
    const data = await load(fill(manifest.paths.layer, { layer: layer.id }));
    const view = at.query.get("show") || "both";
    const kinds = { photos: ["photos"], projections: ["projections"], both: ["photos", "projections"] }[view] || ["photos", "projections"];
    const pages = Math.ceil(layer.channels / PAGE);
    const page = Math.min(Math.max(1, Number(at.query.get("page")) || 1), pages);
    const first = (page - 1) * PAGE, last = Math.min(first + PAGE, layer.channels);
    function link(change) {
      const query = new URLSearchParams({ show: view, page: String(page) });
      for (const [key, value] of Object.entries(change)) query.set(key, value);
      return layerLink(layer, query.toString());
    }
    function go(change) { return function () { location.hash = link(change); }; }
    const number = manifest.layers.indexOf(layer);
    keys = {
      ArrowLeft: page > 1 ? go({ page: page - 1 }) : null,
      ArrowRight: page < pages ? go({ page: page + 1 }) : null,
      Escape: function () { location.hash = "#/"; },
      "[": jumpTo(manifest.layers[number - 1], layerLink), "]": jumpTo(manifest.layers[number + 1], layerLink),
    };
    const cards = [];
    for (let channel = first; channel < last; channel += 1) cards.push(unitCard(layer, data, channel, kinds, short(data.maximum[channel])));
    const grid = h("ul", { class: "units" }, cards);
    grid.style.setProperty("--wide", kinds.length === 2 ? "9.5rem" : "5.25rem");
    const choice = h("fieldset", null, h("legend", null, "Show"), [["photos", "patches"], ["projections", "projections"], ["both", "both"]].map(function (pair) {
      return h("button", { type: "button", "aria-pressed": String(view === pair[0]), onclick: go({ show: pair[0] }) }, pair[1]);
    }));
    const paging = pages < 2 ? null : h("span", { class: "push" },
      h("button", { type: "button", disabled: page === 1, onclick: go({ page: page - 1 }), "aria-label": "Previous page" }, "←"),
      " " + first + "–" + (last - 1) + " of " + layer.channels + " ",
      h("button", { type: "button", disabled: page === pages, onclick: go({ page: page + 1 }), "aria-label": "Next page" }, "→"));
    return {
      title: layer.name, trail: [[layer.name, null]],
      content: [
        h("h1", null, name(layer.name)),
        h("p", { class: "lead" }, layer.op + "; " + shape(layer) + "; receptive field " + field(layer) + "; " +
          many(layer.units.dead, "dead unit") + (layer.units.silent ? "; " + layer.units.silent + " never above zero" : "") +
          (layer.units.nan ? "; " + layer.units.nan + " with NaN" : "") + ". The number is the unit’s strongest response."),
        h("div", { class: "bar" }, choice, paging), grid,
      ],
    };
  }

  function jumpTo(layer, link, ...rest) {
    return layer ? function () { location.hash = link(layer, ...rest); } : null;
  }

  async function unitPage(at) {
    const cut = at.rest.lastIndexOf(":");
    const layer = findLayer(at.rest.slice(0, cut));
    const digits = at.rest.slice(cut + 1);
    const channel = /^\d+$/.test(digits) ? Number(digits) : -1;
    if (channel < 0 || channel >= layer.channels) throw new Error("Layer “" + layer.name + "” has units 0 to " + (layer.channels - 1) + ".");
    const [data, shard] = await Promise.all([
      load(fill(manifest.paths.layer, { layer: layer.id })),
      load(fill(manifest.paths.layer, { layer: layer.id }) + "/" + Math.floor(channel / layer.shard.units)),
    ]);
    const unit = shard.units[channel - shard.first];
    const number = manifest.layers.indexOf(layer);
    function step(by) {
      const next = channel + by;
      return next >= 0 && next < layer.channels ? function () { location.hash = unitLink(layer, next); } : null;
    }
    keys = {
      ArrowLeft: step(-1), ArrowRight: step(1),
      Escape: jumpTo(layer, layerLink, "page=" + (Math.floor(channel / PAGE) + 1)),
      "[": jumpTo(manifest.layers[number - 1], unitLink, 0), "]": jumpTo(manifest.layers[number + 1], unitLink, 0),
    };
    const examples = new Examples(layer, shard, unit);
    const spelled = layer.name + ":" + channel;
    const back = layerLink(layer, "page=" + (Math.floor(channel / PAGE) + 1));
    return {
      title: spelled, trail: [[layer.name, back], [String(channel), null]],
      content: [
        h("div", { class: "bar" },
          h("h1", null, name(spelled), unit.name ? [" ", h("span", { class: "quiet" }, name(unit.name))] : []),
          h("span", { class: "push" },
            h("button", { type: "button", disabled: !step(-1), onclick: step(-1), "aria-label": "Previous unit" }, "←"), " ",
            h("button", { type: "button", disabled: !step(1), onclick: step(1), "aria-label": "Next unit" }, "→"),
            h("span", { class: "small quiet" }, " ", h("kbd", null, "←"), " ", h("kbd", null, "→"), " units, ", h("kbd", null, "["), " ", h("kbd", null, "]"), " layers, ", h("kbd", null, "Esc"), " layer"))),
        h("p", { class: "lead" }, unit.dead ? "This unit is dead: it is zero everywhere in every image." :
          "Strongest response " + short(unit.maximum) + ", mean " + short(unit.mean) + ", above zero at " + percent(unit.active) + " of positions." +
          (unit.nan ? " NaN at " + many(unit.nan, "position") + "." : "")),
        unit.dead ? null : h("div", { class: "unit" }, h("div", null, examples.boards(), h("div", { class: "below scroll" }, examples.table())), examples.panel),
        h("div", { class: "cards below" }, histogramCard(data, unit), classesCard(shard, unit), nearestCard(layer, data, unit)),
      ].filter(Boolean),
    };
  }

  // The nine examples of a unit: whatever names one of them marks it everywhere.
  class Examples {
    constructor(layer, shard, unit) {
      this.layer = layer;
      this.shard = shard;
      this.unit = unit;
      this.marked = [];
      this.pinned = 0;
      this.panel = h("aside", { class: "picked card", "aria-live": "polite" });
      for (let i = 0; i < unit.values.length; i += 1) this.marked.push([]);
    }

    label(i) {
      const image = this.shard.images[this.unit.images[i]];
      const known = this.shard.classes[image.label];
      return known === undefined ? null : known;
    }

    /** Make `element` stand for example i: it marks and is marked. */
    join(i, element, pin) {
      this.marked[i].push(element);
      element.addEventListener("mouseenter", () => this.mark(i));
      element.addEventListener("mouseleave", () => this.mark(this.pinned));
      element.addEventListener("focus", () => this.mark(i));
      if (pin) element.addEventListener("click", () => { this.pinned = i; this.mark(i); });
      return element;
    }

    mark(i) {
      this.marked.forEach((elements, j) => elements.forEach((element) => element.classList.toggle("on", i === j)));
      this.describe(i);
    }

    boards() {
      const layer = this.layer, grid = layer.sprite;
      const url = fill(manifest.paths.sprite, { layer: layer.id, channel: this.unit.channel });
      const boards = [["Patches", 0], ["Projections", 1]].map(([title, panel]) => {
        const cells = this.unit.values.map((value, i) => this.join(i, h("button", { class: "cell", type: "button", "aria-label": title + " " + (i + 1) },
          cell(url, grid, panel, i, layer.tile.enlarge),
          panel === 0 ? h("span", { class: "value" }, value === 0 ? "no response" : short(value)) : null), true));
        const board = h("div", { class: "board" }, cells);
        board.style.setProperty("--columns", String(grid.columns));
        return h("section", null, h("h2", null, title), board);
      });
      if (this.marked.length) this.mark(0);
      return h("div", { class: "boards" }, boards);
    }

    table() {
      const rows = this.unit.values.map((value, i) => {
        const image = this.shard.images[this.unit.images[i]];
        return this.join(i, h("tr", null,
          h("td", { class: "number" }, String(i + 1)), h("td", { class: "number", title: String(value) }, short(value)),
          h("td", null, name(image.name)), h("td", null, this.label(i) === null ? "–" : name(this.label(i))),
          h("td", { class: "number" }, this.layer.spatial ? this.unit.y[i] + ", " + this.unit.x[i] : "–")), true);
      });
      const heads = [["", 1], ["Response", 1], ["Image", 0], ["Label", 0], ["Position y, x", 1]];
      return h("table", null, h("thead", null, h("tr", null, heads.map(([head, number]) => h("th", { scope: "col", class: number ? "number" : null }, head)))), h("tbody", null, rows));
    }

    describe(i) {
      const index = this.unit.images[i], image = this.shard.images[index];
      const [, height, width] = manifest.model.input;
      const [y0, x0, y1, x1] = this.unit.boxes[i];
      const parts = [];
      if (manifest.paths.image && this.unit.values[i] !== 0) {
        const top = Math.max(0, y0), left = Math.max(0, x0);
        const box = h("div", { class: "box" });
        box.style.top = (100 * top / height) + "%";
        box.style.left = (100 * left / width) + "%";
        box.style.height = (100 * (Math.min(height, y1) - top) / height) + "%";
        box.style.width = (100 * (Math.min(width, x1) - left) / width) + "%";
        const url = fill(manifest.paths.image, { thousand: Math.floor(index / 1000), image: index });
        parts.push(h("div", { class: "whole" }, h("img", { src: url, alt: "The whole image, the receptive field marked", width: width, height: height }), box));
      }
      parts.push(facts([
        ["Response", h("span", { title: String(this.unit.values[i]) }, short(this.unit.values[i]))],
        ["Image", name(image.name)],
        this.label(i) === null ? null : ["Label", name(this.label(i))],
        this.layer.spatial ? ["Position", "y " + this.unit.y[i] + ", x " + this.unit.x[i]] : null,
        ["Field", "y " + y0 + " to " + y1 + ", x " + x0 + " to " + x1],
        ["Projection", "black and white at ±" + short(this.unit.scales[i])],
      ]));
      this.panel.replaceChildren(h("h2", null, "Example " + (i + 1)), ...parts);
    }
  }

  function histogramCard(data, unit) {
    const edges = data.histogram.edges, first = unit.histogram.first, counts = unit.histogram.counts;
    const card = h("section", { class: "card" }, h("h2", null, "Strongest response of each image"));
    if (!counts.length) return h("section", { class: "card" }, h("h2", null, "Strongest response of each image"), h("p", { class: "quiet" }, "Nothing was counted."));
    const width = 480, height = 150, bottom = 24, bar = width / counts.length;
    const most = Math.sqrt(Math.max(...counts));
    const bars = counts.map(function (count, i) {
      const tall = count ? Math.max(1, (height - bottom - 12) * Math.sqrt(count) / most) : 0;
      const low = edges[first + i], high = edges[first + i + 1];
      return h("svg:rect", { x: i * bar + .5, width: Math.max(1, bar - 1), y: height - bottom - tall, height: tall },
        h("svg:title", null, many(count, "image") + " from " + short(low) + " to " + short(high)));
    });
    const marks = unit.values.map(function (value) {
      const bin = edges.findIndex(function (edge, i) { return i > 0 && edge !== null && value < edge; });
      const at = bin < 0 ? counts.length - 1 : bin - 1 - first;
      const low = edges[first + at], high = edges[first + at + 1];
      const part = low !== null && high !== null && high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : .5;
      return h("svg:circle", { class: "mark", r: 3, cx: Math.min(width - 3, Math.max(3, (at + part) * bar)), cy: height - bottom + 5 });
    });
    const every = Math.max(1, Math.ceil(counts.length / 6));
    const labels = counts.map(function (_, i) {
      return i % every === 0 && edges[first + i] !== null ? h("svg:text", { x: i * bar, y: height - 2 }, short(edges[first + i])) : null;
    });
    card.append(h("svg:svg", { class: "histogram", viewBox: "0 0 " + width + " " + height, role: "img",
      "aria-label": "Histogram of the strongest response in each image" },
      h("svg:line", { x1: 0, x2: width, y1: height - bottom, y2: height - bottom }), bars, marks, labels),
    h("p", { class: "small quiet" }, "Heights by the square root of the number of images, half octaves above zero; dots are the examples above."));
    return card;
  }

  function classesCard(shard, unit) {
    if (!unit.classes.length) return null;
    const largest = Math.max(...unit.classes.map(function (pair) { return pair[1]; }), 1e-12);
    return h("section", { class: "card" }, h("h2", null, "Classes it responds to most"), h("table", null, h("tbody", null, unit.classes.map(function (pair) {
      const meter = h("div", { class: "meter" });
      meter.style.width = Math.max(0, 100 * pair[1] / largest) + "%";
      return h("tr", null, h("td", null, name(shard.classes[pair[0]] || String(pair[0]))), h("td", { class: "number" }, short(pair[1])), h("td", { width: "30%" }, meter));
    }))), h("p", { class: "small quiet" }, "Mean over the class’s images of the strongest response; selectivity " + short(unit.selectivity) + "."));
  }

  function nearestCard(layer, data, unit) {
    if (!unit.nearest.length) return null;
    const cards = unit.nearest.map(function (pair) { return unitCard(layer, data, pair[0], ["photos"], pair[1].toFixed(2)); });
    return h("section", { class: "card" }, h("h2", null, "Units that respond together"), h("ul", { class: "units" }, cards),
      h("p", { class: "small quiet" }, "By " + layer.neighbours + "."));
  }

  // -- running -------------------------------------------------------------------------------------------------------

  async function render() {
    turn += 1;
    const mine = turn, at = route();
    try {
      if (at.kind === "l" || at.kind === "u") {
        const page = await (at.kind === "l" ? layerPage(at) : unitPage(at));
        if (mine === turn) show(page.title, page.trail, page.content);
      } else home();
    } catch (error) {
      if (mine === turn) fail(error.message);
      return;
    }
    if (mine === turn) { window.scrollTo(0, 0); main.focus({ preventScroll: true }); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const action = keys[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  document.getElementById("jump").addEventListener("submit", function (event) {
    event.preventDefault();
    const text = document.getElementById("unit").value.trim();
    if (text) location.hash = text.includes(":") ? "#/u/" + encode(text) : "#/l/" + encode(text);
  });

  load("manifest").then(function (found) {
    if (found.schema !== SCHEMA) {
      fail("This atlas has schema " + found.schema + ", and this page reads schema " + SCHEMA + ": open it with the version that made it.");
      return;
    }
    manifest = found;
    window.addEventListener("hashchange", render);
    render();
  }).catch(function (error) { fail(error.message + ". Is the folder complete?"); });
})();
