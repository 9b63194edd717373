"use strict";
for (const part of document.querySelectorAll(".scripted")) part.hidden = false;

function sortBy(table, column, heading) {
  const falling = heading.getAttribute("aria-sort") !== "descending";
  const key = (row) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const compare = (a, b) => (typeof a === "string" ? b.localeCompare(a) : b - a);
  const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
  rows.sort((a, b) => compare(a[0], b[0]) * (falling ? 1 : -1));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (heading.dataset.fixed !== undefined) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, column, heading));
    heading.append(button);
  });
}

function showColumn(table, column, shown) {
  for (const row of table.rows) {
    if (row.cells[column]) row.cells[column].hidden = !shown;
  }
}

function addChooser(table) {
  const chooser = document.createElement("details");
  chooser.className = "chooser";
  const summary = document.createElement("summary");
  summary.textContent = "Columns";
  const choices = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.className = "aside";
  legend.textContent = `Columns of the table: ${table.parentElement.getAttribute("aria-label")}`;
  choices.append(legend);
  [...table.tHead.rows[0].cells].slice(1).forEach((heading, place) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = heading.dataset.spared === undefined;
    if (!box.checked) showColumn(table, place + 1, false);
    box.addEventListener("change", () => showColumn(table, place + 1, box.checked));
    label.append(box, heading.textContent.trim());
    choices.append(label);
  });
  chooser.append(summary, choices);
  table.parentElement.before(chooser);
}

for (const table of document.querySelectorAll("table[data-choosable]")) addChooser(table);
for (const table of document.querySelectorAll("table[data-sortable]")) makeSortable(table);
