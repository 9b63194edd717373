"use strict";
const pairs = (() => {
  const source = document.getElementById("pairs-data");
  if (!source) return null;
  const { names, benchmarks, pairs: known } = JSON.parse(source.textContent);
  const choices = ["pair-first", "pair-second"].map((name) => document.getElementById(name));
  const home = document.getElementById("pair");
  const signed = (value) => {
    // As many digits as it takes to see that it is not 0, as everywhere on the page.
    const size = Math.abs(value);
    if (size < 1e-10) return "+0.0";
    let digits = 1;
    while (digits < 15 && Number(size.toFixed(digits)) === 0) digits += 1;
    return (value < 0 ? "−" : "+") + size.toFixed(digits);
  };
  const ends = ([, low, high]) => `[${signed(low)}, ${signed(high)}]`;
  const turned = (numbers) =>
    numbers && [-numbers[0], -numbers[2], -numbers[1], numbers[4], numbers[3], numbers[6], numbers[5]];

  function find(first, second) {
    const found = known.find(([a, b]) => (a === first && b === second) || (a === second && b === first));
    if (!found || found[0] === first) return found;
    return [first, second, turned(found[2]), found[3], found[4].map(turned)];
  }

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function drawn(name, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function scaleOf(rows) {
    const all = rows.flatMap((numbers) => numbers.slice(0, 3)).concat(0);
    const least = Math.min(...all);
    const most = Math.max(...all);
    const step = [1, 2, 5, 10, 20, 50].find((size) => (most - least) / size <= 6) ?? 100;
    const low = Math.floor(least / step) * step;
    const high = Math.max(Math.ceil(most / step) * step, low + step);
    const ticks = [];
    for (let tick = low; tick <= high; tick += step) ticks.push(tick);
    return { ticks, at: (value) => `${((100 * (value - low)) / (high - low)).toFixed(2)}%` };
  }

  function line(numbers, scale) {
    const svg = drawn("svg", { "aria-hidden": "true", focusable: "false" });
    const [value, low, high] = numbers.map((number) => scale.at(number));
    for (const tick of scale.ticks) {
      const kind = tick === 0 ? "axis" : "grid";
      svg.append(drawn("line", { class: kind, x1: scale.at(tick), x2: scale.at(tick), y1: 0, y2: "100%" }));
    }
    svg.append(
      drawn("line", { class: "reach", x1: low, x2: high, y1: "50%", y2: "50%" }),
      drawn("circle", { class: "shape", cx: value, cy: "50%", r: 4.5 }),
    );
    return svg;
  }

  function axis(scale) {
    const svg = drawn("svg", { class: "ticks", "aria-hidden": "true", focusable: "false" });
    for (const tick of scale.ticks) {
      const text = drawn("text", { x: scale.at(tick), y: "80%", "text-anchor": "middle" });
      text.textContent = tick > 0 ? `+${tick}` : String(tick).replace("-", "−");
      svg.append(text);
    }
    return svg;
  }

  function row(title, numbers, scale) {
    const kind = numbers[1] > 0 ? "better" : numbers[2] < 0 ? "worse" : "unknown";
    const word = { better: "better", worse: "worse", unknown: "cannot tell" }[kind];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, title),
      element("td", { class: `chart v-${kind}` }, line(numbers, scale)),
      element("td", {}, signed(numbers[0])),
      element("td", {}, ends(numbers)),
      element("td", { class: "text" }, word),
      ...numbers.slice(3).map((count) => element("td", {}, count.toLocaleString("en"))),
    );
  }

  function table(first, second, rows) {
    const scale = scaleOf(rows.map(([, numbers]) => numbers));
    const titles = [
      "Difference",
      "95 % interval",
      "The first is",
      "Images it wins",
      "Images it loses",
      "Questions only it gets",
      "Questions only the other gets",
    ];
    const chart = element("th", { scope: "col", class: "chart" }, axis(scale));
    chart.append(element("span", { class: "aside" }, "Difference as a chart"));
    const head = element(
      "tr",
      {},
      element("th", { scope: "col", class: "text" }, "Benchmark"),
      chart,
      ...titles.map((title) => element("th", { scope: "col", class: title === "The first is" ? "text" : "" }, title)),
    );
    const body = rows.map(([title, numbers]) => row(title, numbers, scale));
    const made = element("table", { class: "pair" }, element("thead", {}, head), element("tbody", {}, ...body));
    const label = `${names[first]} and ${names[second]} by benchmark`;
    return element("div", { class: "scroll", role: "region", "aria-label": label, tabindex: 0 }, made);
  }

  function sentence(first, second, [, , numbers, shown]) {
    if (!numbers) return `${names[first]} and ${names[second]} share no question.`;
    const size = `${signed(numbers[0])} ${ends(numbers)}`;
    if (!shown) return `These data do not show which of ${names[first]} and ${names[second]} is better: ${size}.`;
    const [ahead, behind] = numbers[0] > 0 ? [first, second] : [second, first];
    return `${names[ahead]} is better than ${names[behind]}: ${size} for ${names[first]}.`;
  }

  function show(first, second) {
    for (const cell of document.querySelectorAll(".matrix td.chosen")) cell.classList.remove("chosen");
    document.querySelector(`.matrix td[data-pair="${first},${second}"]`)?.classList.add("chosen");
    const found = find(first, second);
    if (!found) {
      home.replaceChildren(element("p", { class: "note" }, "Choose two different captioners."));
      return;
    }
    const rows = found[4].map((numbers, place) => [benchmarks[place], numbers]).filter(([, numbers]) => numbers);
    home.replaceChildren(element("p", { class: "sentence" }, sentence(first, second, found)));
    const look = (what, words) => {
      const filters = new URLSearchParams({ a: names[first], b: names[second], show: what });
      return element("a", { href: `#explore?${filters}` }, words);
    };
    home.append(
      element("p", { class: "note" }, "Look at questions that ", look("won", "only the first gets"), ", ",
        look("other", "only the second gets"), ", or ", look("neither", "neither does"), "."),
    );
    if (rows.length) {
      home.append(
        table(first, second, rows),
        element("p", { class: "note" }, "Each benchmark’s interval is at 95 %, uncorrected: of twenty, one leaves out 0 by chance."),
      );
    }
    document.dispatchEvent(new CustomEvent("pair-chosen", { detail: { first, second, names } }));
  }

  const chosen = () => show(...choices.map((choice) => Number(choice.value)));
  for (const choice of choices) choice.addEventListener("change", chosen);
  for (const cell of document.querySelectorAll(".matrix td[data-pair]")) {
    cell.addEventListener("click", () => {
      cell.dataset.pair.split(",").forEach((place, number) => (choices[number].value = place));
      chosen();
      home.scrollIntoView({ block: "nearest" });
    });
  }
  chosen();
  return { show };
})();
