"use strict";
for (const part of document.querySelectorAll(".scripted")) part.hidden = false;

function sortBy(table, column, heading) {
  const falling = heading.getAttribute("aria-sort") !== "descending";
  const body = table.tBodies[0];
  const key = (row) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const compare = (a, b) => (typeof a === "string" ? b.localeCompare(a) : b - a);
  const rows = [...body.rows].sort((a, b) => compare(key(a), key(b)) * (falling ? 1 : -1));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
  body.append(...rows);
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (heading.querySelector(".aside")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, column, heading));
    heading.append(button);
  });
}

const onlySplit = document.getElementById("only-split");
onlySplit?.addEventListener("change", () => {
  for (const example of document.querySelectorAll(".example:not([data-split])")) example.hidden = onlySplit.checked;
});
