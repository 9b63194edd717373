"use strict";
(() => {
  const source = document.getElementById("explorer-data");
  const home = document.getElementById("explorer-app");
  if (!source || !home) return;
  const about = JSON.parse(source.textContent);
  const form = home.querySelector("form");
  const count = home.querySelector(".explorer-count");
  const list = home.querySelector(".explorer-list ol");
  const more = home.querySelector(".explorer-more");
  const panel = home.querySelector(".explorer-item");
  const single = about.captioners.length === 1;
  const SCREENFUL = 120;
  const MARKS = { correct: "✓", wrong: "✗", abstained: "–", unparsed: "?", refused: "⊘", truncated: "…", failed: "!" };
  const rightOf = about.outcomes.indexOf("correct");
  let found = [];
  let listed = 0;
  let current = null;
  let drawing = 0;
  let listing = 0;

  // Pieces: "3" lists the items of benchmark 3, "3/0" holds the texts of the first of them.
  const arriving = new Map();
  globalThis.explorerPiece = (name, data) => {
    arriving.get(name)?.(data);
    // A promise's resolver keeps what it was given: of all pieces that would be the whole site.
    arriving.delete(name);
  };
  const kept = new Map();
  function piece(name) {
    if (about.pieces) return Promise.resolve(about.pieces[name]);
    if (!kept.has(name)) {
      if (kept.size > 60) kept.delete([...kept.keys()].find((key) => key.includes("/")));
      kept.set(name, fetched(name));
    }
    return kept.get(name);
  }
  function fetched(name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      arriving.set(name, resolve);
      script.src = `explorer/${name}.js`;
      script.onload = () => script.remove();
      script.onerror = () => {
        kept.delete(name);
        reject(new Error(`a part of the data is missing: explorer/${name}.js`));
      };
      document.head.append(script);
    });
  }
  const items = new Map();
  async function itemsOf(benchmark) {
    if (!items.has(benchmark)) {
      const rows = await piece(String(benchmark));
      items.set(
        benchmark,
        rows.map(([id, question, gold, picture, outcomes, whys], place) => ({
          benchmark, place, id, question, gold, picture,
          outcomes: [...outcomes].map(number), whys: [...whys].map(number),
          listed: `${question}\n${gold}\n${id}`.toLowerCase(),
        })),
      );
    }
    return items.get(benchmark);
  }
  async function textsOf(item) {
    const part = await piece(`${item.benchmark}/${Math.floor(item.place / about.inPart)}`);
    return { ...part.items[item.place % about.inPart], texts: part.texts };
  }
  const number = (letter) => (letter === "-" ? -1 : letter.charCodeAt(0) - 97);

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== false) made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  }
  const addressOf = (item) =>
    `#item/${encodeURIComponent(about.benchmarks[item.benchmark].name)}/${encodeURIComponent(item.id)}`;
  const sized = (count) => count.toLocaleString("en");
  const wordOf = (outcome) => (outcome < 0 ? "not asked" : about.outcomes[outcome]);
  function chip(outcome, words = true) {
    const word = wordOf(outcome);
    return element("span", { class: `explorer-chip o-${outcome < 0 ? "none" : word}` },
      element("i", { "aria-hidden": "true" }, MARKS[word] ?? "·"), words ? word : "");
  }
  function picture(key, question) {
    if (!key) return element("p", { class: "explorer-nothing" }, "no picture");
    const made = element("img", { alt: `The picture of the question: ${question}`, decoding: "async" });
    made.src = about.pictures ? `data:image/webp;base64,${about.pictures[key - 1]}` : `thumbnails/${key.slice(0, 2)}/${key}.webp`;
    made.addEventListener("error", () => made.replaceWith(element("p", { class: "explorer-nothing" }, "no picture")));
    return made;
  }

  // A text is itself, or its beginning (or its end, below 0) and how many characters are cut off.
  const whole = (text) => (Array.isArray(text) ? text[0] : text);
  function cutNote(text) {
    if (!Array.isArray(text)) return null;
    const size = sized(Math.abs(text[1]));
    return element("small", { class: "explorer-cut" }, text[1] > 0 ? `… ${size} more characters` : `${size} characters before: … `);
  }
  function marked(text, spans) {
    const pieces = [];
    let at = 0;
    for (const [start, end, kind] of spans) {
      pieces.push(text.slice(at, start), element("mark", { class: kind }, text.slice(start, end)));
      at = end;
    }
    return [...pieces, text.slice(at)];
  }
  function written(text, none, spans = []) {
    if (text === null) return element("p", { class: "explorer-none" }, none);
    if (whole(text) === "") return element("p", { class: "explorer-none" }, "empty");
    const cut = cutNote(text);
    const parts = marked(whole(text), spans);
    return element("p", { class: "explorer-text", dir: "auto" },
      ...(cut && text[1] < 0 ? [cut, ...parts] : [...parts, cut]));
  }

  function heading(item, said) {
    const question = said.texts[said.question];
    const letters = said.golds.map(whole);
    const options = said.options.map((option, place) => {
      const letter = String.fromCharCode(65 + place);
      const right = letters.includes(letter);
      return element("li", { class: right ? "right" : "" },
        element("b", {}, letter), element("span", { dir: "auto" }, whole(option), cutNote(option)),
        right ? element("i", {}, "accepted") : null);
    });
    return element("div", { class: "explorer-head" },
      element("div", { class: "explorer-pictures" },
        ...(said.pictures.length ? said.pictures : [0]).map((key) => picture(key, item.question))),
      element("div", {},
        element("p", { class: "explorer-where" }, `${about.benchmarks[item.benchmark].title} · `,
          element("a", { href: addressOf(item) }, item.id)),
        element("p", { class: "explorer-question", dir: "auto" }, whole(question), cutNote(question)),
        options.length ? element("ul", { class: "explorer-options" }, ...options) : null,
        element("p", { class: "explorer-gold" }, element("span", {}, "Accepted "),
          ...(said.golds.length ? said.golds.slice(0, 8).flatMap((gold, place) => [place ? " or " : "",
            element("b", { dir: "auto" }, whole(gold), cutNote(gold))]) : ["nothing"]),
          said.golds.length > 8 ? ` and ${said.golds.length - 8} more` : "")));
  }

  function column(item, said, captioner) {
    const name = about.captioners[captioner];
    const reply = said.replies[captioner];
    const title = element("h3", { dir: "auto" }, name);
    if (!reply) return element("section", { class: "explorer-column" }, title, element("p", { class: "explorer-none" }, "was not asked"));
    const [caption, right, instead, answer, extracted, score, note, repeats] = reply;
    const spans = [...right.map((span) => [...span, "gold"]), ...instead.map((span) => [...span, "given"])];
    spans.sort((one, other) => one[0] - other[0]);
    const text = (place) => (place === null ? null : said.texts[place]);
    const why = about.whys[item.whys[captioner]];
    const label = (what) => element("p", { class: "explorer-label" }, what);
    return element("section", { class: "explorer-column", "aria-label": name },
      title,
      element("p", { class: "explorer-verdict" }, chip(item.outcomes[captioner]),
        score === null || score === 0 || score === 1 ? null : ` ${Math.round(100 * score)} %`,
        why ? element("span", { class: "explorer-why" }, why) : null,
        note && extracted === null ? element("small", {}, note) : null,
        repeats ? element("small", {}, `the first of ${repeats[0]} answers${repeats[1] === null ? "" : `, ${Math.round(100 * repeats[1])} % on average`}`) : null),
      element("div", {}, label(note && extracted !== null ? `read as (${note})` : "read as"), extracted === null
        ? element("p", { class: "explorer-none" }, "no answer")
        : element("p", { class: "explorer-answer", dir: "auto" }, whole(extracted), cutNote(extracted))),
      element("div", {}, label("caption"),
        element("div", { class: "explorer-scroll", tabindex: 0, role: "region", "aria-label": `Caption of ${name}` },
          written(text(caption), "none: there was no caption to read", spans))),
      element("div", {}, label("reply"),
        element("div", { class: "explorer-scroll short", tabindex: 0, role: "region", "aria-label": `Reply on ${name}` },
          written(text(answer), "none: the reader was not asked"))));
  }

  function others(item, said) {
    const rows = about.captioners.map((name, captioner) => {
      const extracted = said.replies[captioner]?.[4] ?? null;
      const beside = element("button", { type: "button", "aria-pressed": [form.a.value, form.b.value].includes(String(captioner)) }, name);
      beside.addEventListener("click", () => {
        if (form.a.value === String(captioner)) return;
        form.b.value = String(captioner);
        draw(item);
      });
      return element("tr", {},
        element("th", { scope: "row" }, beside),
        element("td", {}, chip(item.outcomes[captioner])),
        element("td", { dir: "auto" }, extracted === null ? "" : element("span", { class: "explorer-answer" }, whole(extracted).slice(0, 80))),
        about.whys.length ? element("td", {}, about.whys[item.whys[captioner]] ?? "") : null);
    });
    return element("table", { class: "explorer-everyone" },
      element("caption", {}, "Every captioner; press one to see it beside A."), element("tbody", {}, ...rows));
  }

  async function draw(item) {
    const mine = ++drawing;
    let said;
    try {
      said = await textsOf(item);
    } catch (error) {
      panel.replaceChildren(element("p", { class: "explorer-none" }, error.message));
      return;
    }
    if (mine !== drawing) return;
    current = item;
    const place = found.indexOf(item);
    const step = (by, words) => {
      const made = element("button", { type: "button", disabled: found[place + by] ? false : "" }, words);
      made.addEventListener("click", () => go(by));
      return made;
    };
    const chosen = single ? [0] : [...new Set([Number(form.a.value), Number(form.b.value)])];
    const columns = element("div", { class: "explorer-columns" }, ...chosen.map((captioner) => column(item, said, captioner)));
    panel.replaceChildren(
      element("p", { class: "explorer-steps" }, step(-1, "‹ Previous"),
        element("span", {}, place < 0 ? "not among those listed" : `${sized(place + 1)} of ${sized(found.length)}`),
        step(1, "Next ›")),
      heading(item, said), columns,
      element("p", { class: "explorer-key" }, "In captions: ", element("mark", { class: "gold" }, "accepted answer"), " ",
        element("mark", { class: "given" }, "answer that was given instead")),
      ...(about.captioners.length > 2 ? [others(item, said)] : []));
    for (const scroll of columns.querySelectorAll(".explorer-scroll:not(.short)")) {
      const mark = scroll.querySelector("mark");
      if (mark) scroll.scrollTop = Math.max(0, mark.offsetTop - scroll.offsetTop - scroll.clientHeight / 2);
    }
    for (const link of list.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    while (place >= listed) listMore();
    const link = list.children[place]?.firstChild;
    link?.setAttribute("aria-current", "true");
    if (link) {
      const box = list.parentElement;
      const top = link.offsetTop - box.offsetTop;
      if (top < box.scrollTop || top + link.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - 12;
    }
  }
  function choose(item) {
    history.replaceState(null, "", addressOf(item));
    return draw(item);
  }
  function go(by) {
    const next = found[found.indexOf(current) + by];
    if (!next) return;
    const listHadFocus = list.contains(document.activeElement);
    choose(next).then(() => (listHadFocus ? list.querySelector("[aria-current]") : panel)?.focus({ preventScroll: true }));
  }

  function entry(item) {
    const right = item.outcomes.filter((outcome) => outcome === rightOf).length;
    const marks = element("span", { class: "explorer-marks" }, ...item.outcomes.map((outcome) => chip(outcome, false)),
      element("span", { class: "aside" }, `${right} of ${item.outcomes.length} right`));
    const link = element("a", { href: addressOf(item) },
      element("span", { class: "explorer-thumb" }, item.picture ? picture(item.picture, item.question) : ""),
      element("span", { class: "explorer-line" },
        element("span", { class: "explorer-asked", dir: "auto" }, item.question || "(no question)"), marks));
    const image = link.querySelector("img");
    if (image) Object.assign(image, { alt: "", loading: "lazy" });
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(item);
    });
    return element("li", {}, link);
  }
  function listMore() {
    list.append(...found.slice(listed, listed + SCREENFUL).map(entry));
    listed = Math.min(found.length, listed + SCREENFUL);
    more.hidden = listed >= found.length;
  }

  // Words are looked for in what is listed of an item and, behind that, in its texts. A site has those in parts: a few are
  // fetched side by side, and after so many only if somebody asks, then as many again as there were. What
  // they hold is not kept: of all it is gigabytes.
  const PARTS_AT_ONCE = 40;
  const SIDE_BY_SIDE = 8;
  const partOf = (item) => `${item.benchmark}/${Math.floor(item.place / about.inPart)}`;
  let search = { asked: "", looked: new Map() };
  function holding(part, those, words) {
    const lowered = (texts) => texts.map((text) => whole(text).toLowerCase());
    const texts = lowered(part.texts);
    const where = words.map((word) => texts.map((text) => text.includes(word)));
    return those.filter((item) => {
      const said = part.items[item.place % about.inPart];
      const places = [said.question, ...said.replies.flatMap((reply) => (reply ? [reply[0], reply[3]] : []))];
      const others = [item.listed, ...lowered([...said.options, ...said.golds])];
      return words.every((word, number) =>
        others.some((text) => text.includes(word)) || places.some((place) => place !== null && where[number][place]));
    });
  }
  // Hands over what it has found, part by part, with how many items were not looked at yet; ends where it may go on later.
  async function* inTexts(candidates, words) {
    const asked = JSON.stringify([...new FormData(form)]);
    if (search.asked !== asked) search = { asked, looked: new Map() };
    const { looked } = search;
    const parts = new Map();
    for (const item of candidates) {
      const name = partOf(item);
      if (parts.has(name)) parts.get(name).push(item);
      else parts.set(name, [item]);
    }
    let left = candidates.length;
    const done = (name) => {
      left -= parts.get(name).length;
      return looked.get(name);
    };
    yield { hits: [...parts.keys()].filter((name) => looked.has(name)).flatMap(done), left };
    const next = [...parts.keys()].filter((name) => !looked.has(name))
      .slice(0, about.pieces ? Infinity : Math.max(PARTS_AT_ONCE, looked.size));
    for (let start = 0; start < next.length; start += SIDE_BY_SIDE) {
      const names = next.slice(start, start + SIDE_BY_SIDE);
      const arrived = await Promise.all(names.map(piece));
      names.forEach((name, place) => looked.set(name, holding(arrived[place], parts.get(name), words)));
      yield { hits: names.flatMap(done), left };
    }
  }
  function wanted() {
    const [a, b] = [Number(form.a.value), Number(form.b.value)];
    const right = (item, captioner) => item.outcomes[captioner] === rightOf;
    const asked = (item, captioner) => item.outcomes[captioner] >= 0;
    const both = (item) => asked(item, a) && asked(item, b);
    const tests = {
      right: (item) => right(item, a),
      lost: (item) => asked(item, a) && !right(item, a),
      differ: (item) => new Set(item.outcomes.filter((outcome) => outcome >= 0).map((outcome) => outcome === rightOf)).size > 1,
      won: (item) => both(item) && right(item, a) && !right(item, b),
      other: (item) => both(item) && right(item, b) && !right(item, a),
      both: (item) => right(item, a) && right(item, b),
      neither: (item) => both(item) && !right(item, a) && !right(item, b),
    };
    const conditions = [
      tests[form.show.value],
      form.outcome.value === "" ? null : (item) => item.outcomes[a] === Number(form.outcome.value),
      !form.why || form.why.value === "" ? null : (item) => item.whys[a] === Number(form.why.value),
    ].filter(Boolean);
    return (item) => conditions.every((condition) => condition(item));
  }
  async function refresh(show = current) {
    const mine = ++listing;
    const isStale = () => mine !== listing;
    const chosen = form.benchmark.value === "" ? about.benchmarks.keys() : [Number(form.benchmark.value)];
    const words = form.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let all = [];
    try {
      for (const benchmark of chosen) {
        if (!items.has(benchmark)) count.textContent = `Loading ${about.benchmarks[benchmark].title} …`;
        all = all.concat(await itemsOf(benchmark));
      }
      if (isStale()) return;
      const candidates = all.filter(wanted());
      // At once, and whatever else is found below: nobody waits for captions to see what the questions hold.
      begin(candidates.filter((item) => words.every((word) => item.listed.includes(word))));
      const sure = new Set(found);
      let [unseen, drawn] = [0, null];
      const drawFirst = () => (drawn ??= found.length ? draw(found.includes(show) ? show : found[0]) : null);
      if (words.length) {
        for await (const { hits, left } of inTexts(candidates.filter((item) => !sure.has(item)), words)) {
          if (isStale()) return;
          found = found.concat(hits);
          if (listed < SCREENFUL) listMore();
          drawFirst();
          unseen = left;
          if (!about.pieces) count.textContent = `${sized(found.length)} found. Looking into captions and replies of ${sized(left)} more …`;
        }
      }
      say(all.length, unseen);
      await drawFirst();
      if (!drawn) showNone();
    } catch (error) {
      if (!isStale()) count.textContent = error.message;
    }
  }
  function begin(hits) {
    found = hits;
    listed = 0;
    list.replaceChildren();
    listMore();
  }
  function say(all, unseen) {
    count.textContent = `${sized(found.length)} of ${sized(all)} questions`;
    if (!unseen) return;
    const on = element("button", { type: "button" }, "look on");
    on.addEventListener("click", () => refresh());
    count.append(`; captions and replies of ${sized(unseen)} more were not looked into: `, on);
  }
  function showNone() {
    panel.replaceChildren(element("p", { class: "explorer-none" }, "No question is like that."));
    current = null;
  }

  // An address names one item, "#item/chartqa/12", or what to look for, "#explore?benchmark=chartqa&a=1&show=lost".
  async function follow() {
    const [kind, ...rest] = location.hash.slice(1).split("/");
    if (kind === "item" && rest.length === 2) {
      const benchmark = about.benchmarks.findIndex(({ name }) => encodeURIComponent(name) === rest[0]);
      const item = benchmark < 0 ? null : (await itemsOf(benchmark)).find(({ id }) => encodeURIComponent(id) === rest[1]);
      if (!item) return sayMissing(rest.join("/"));
      if (!found.includes(item)) {
        form.reset();
        if (!about.pieces) form.benchmark.value = String(benchmark);
        await refresh(item);
      } else {
        await draw(item);
      }
      home.parentElement.scrollIntoView();
      return true;
    }
    if (!location.hash.startsWith("#explore?")) return false;
    look(Object.fromEntries(new URLSearchParams(location.hash.slice("#explore?".length))));
    return true;
  }
  // Of an address from another page; to show any other question in its place would be a lie.
  function sayMissing(address) {
    let name = address;
    try {
      name = decodeURIComponent(address);
    } catch {
      // It was no address of ours; it is shown as it came.
    }
    const perhaps = about.pieces ? "This page may hold a sample of them." : "";
    panel.replaceChildren(element("p", { class: "explorer-none" }, `There is no question ${name} here. ${perhaps}`));
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    current = null;
    drawing += 1;
    home.parentElement.scrollIntoView();
    return false;
  }
  function look(filters) {
    form.reset();
    const places = {
      benchmark: about.benchmarks.map(({ name }) => name), a: about.captioners, b: about.captioners,
      outcome: about.outcomes, why: about.whys,
    };
    for (const [name, value] of Object.entries(filters)) {
      const field = Object.hasOwn(places, name) || ["show", "words"].includes(name) ? form.elements[name] : null;
      if (!field) continue;
      const place = places[name]?.indexOf(value) ?? -1;
      field.value = place >= 0 ? String(place) : value;
      if (field.value === "" && field.options) field.selectedIndex = 0;
    }
    home.parentElement.scrollIntoView();
    return refresh();
  }

  for (const [name, captioner] of [["a", 0], ["b", 1]]) {
    form[name].append(...about.captioners.map((label, place) => new Option(label, place, place === captioner, place === captioner)));
  }
  form.outcome.append(...about.outcomes.map((outcome, place) => new Option(outcome, place)));
  form.why?.append(...about.whys.map((why, place) => new Option(why, place)));
  if (single) for (const part of form.querySelectorAll(".explorer-pair")) part.remove();
  if (single && !form.b) form.append(element("input", { type: "hidden", name: "b", value: "0" }));
  // Of all items only what is looked at is loaded: one benchmark, until somebody wants more.
  if (!about.pieces && about.benchmarks.length) form.benchmark.options[1].defaultSelected = true;

  let typing = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(refresh, event.target === form.words ? 150 : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("button").addEventListener("click", () => {
    form.reset();
    refresh();
  });
  more.addEventListener("click", listMore);
  home.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("form, .explorer-scroll")) return;
    const inList = list.contains(event.target);
    const by = { ArrowRight: 1, ArrowLeft: -1, ...(inList ? { ArrowDown: 1, ArrowUp: -1 } : {}) }[event.key];
    if (!by) return;
    event.preventDefault();
    go(by);
  });
  document.addEventListener("pair-chosen", ({ detail }) => {
    form.a.value = String(detail.first);
    if (form.b) form.b.value = String(detail.second);
    refresh();
  });
  addEventListener("hashchange", follow);

  document.getElementById("explorer-plain").hidden = true;
  home.hidden = false;
  refresh().then(follow);
})();
