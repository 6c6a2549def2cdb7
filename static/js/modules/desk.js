// The counsellor's desk by keyboard; everything is a link or a form without it.
//   j, ↓ and k, ↑   the next and the previous client (main[data-desk] a.cover), which Enter opens
//   Enter           on the client that is selected already: their own page (data-open)
//   /               into the search field
//   n               a note about the client at hand: the field on this page, or the page that has it ([data-note], data-open)
// Keys count only outside fields, and without Ctrl, Alt or Meta.

const links = [...document.querySelectorAll("a.cover")];
const search = document.getElementById("q");

const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
const current = () => links.indexOf(document.activeElement);
const selected = () => links.findIndex((link) => link.closest("tr").hasAttribute("aria-current"));

function move(step) {
  const from = current() >= 0 ? current() : selected();
  const next = links[Math.min(Math.max(from + step, 0), links.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function note() {
  const field = document.querySelector(".note textarea");
  if (field) return field.focus();
  const link = links[current()];
  const address = link && current() !== selected() ? `${link.dataset.open}#notes` : document.querySelector("[data-note]")?.href;
  if (address) location.assign(address);
}

const KEYS = {
  j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
  "/": () => search?.focus(), n: note,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (event.key === "Escape" && event.target === search) return links[0]?.focus();
  if (isTyping(event.target)) return;
  if (event.key === "Enter" && current() >= 0 && current() === selected()) {
    event.preventDefault();
    return location.assign(links[current()].dataset.open);
  }
  if (event.key.startsWith("Arrow") && !links.length) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// A page that was opened by a note's link begins in its field.
if (location.hash === "#notes") document.querySelector(".note textarea")?.focus();
