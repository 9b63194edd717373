"use strict";
// Run before the first paint: a page that turns dark after it was seen light is a flash in somebody's face.
const theme = {
  // A page opened from a mail or in a sandbox may not store anything, and says so by throwing.
  read() {
    try {
      return localStorage.getItem("prism-eval-theme") ?? "auto";
    } catch {
      return "auto";
    }
  },
  keep(name) {
    try {
      localStorage.setItem("prism-eval-theme", name);
    } catch {
      // It holds until the page is closed.
    }
  },
  show(name) {
    document.documentElement.dataset.theme = name;
  },
};
theme.show(theme.read());
document.addEventListener("DOMContentLoaded", () => {
  for (const choice of document.querySelectorAll("input[name=theme]")) {
    choice.checked = choice.value === document.documentElement.dataset.theme;
    choice.addEventListener("change", () => {
      theme.show(choice.value);
      theme.keep(choice.value);
    });
  }
});
