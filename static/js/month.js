// A month's table by keyboard, as a grid: arrows to the next day that can be chosen, Home and End within the week,
// PageUp and PageDown to the months around, of which Tab reaches one day. Without this script every day is a link.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const MONTHS = { PageUp: "earlier", PageDown: "later" };

/** The day of the month to go on with, once another month is there; 0 for none. */
let wanted = 0;

const linksOf = (table) => [...table.querySelectorAll("td a")];
const numberOf = (link) => Number(link.querySelector(".number").textContent);

document.addEventListener("keydown", (event) => {
  const table = event.target.closest?.("table[data-month]");
  if (!table || event.ctrlKey || event.metaKey || event.altKey) return;
  const link = STEPS[event.key] ? neighbour(table, event) : edge(table, event);
  if (link) link.focus();
  else if (MONTHS[event.key]) turn(event.target, MONTHS[event.key]);
  else if (!STEPS[event.key]) return;
  event.preventDefault();
});

/** @param {HTMLTableElement} table @param {KeyboardEvent} event */
function neighbour(table, event) {
  const step = STEPS[event.key];
  const cells = [...table.querySelectorAll("td")];
  const sideways = Math.abs(step) === 1 && document.dir === "rtl" ? -step : step;
  let at = cells.indexOf(event.target.closest("td")) + sideways;
  while (cells[at] && !cells[at].querySelector("a")) at += sideways;
  return cells[at]?.querySelector("a");
}

/** @param {HTMLTableElement} table @param {KeyboardEvent} event */
function edge(table, event) {
  const week = linksOf(event.target.closest("tr") ?? table);
  return event.key === "Home" ? week[0] : event.key === "End" ? week.at(-1) : undefined;
}

/** @param {HTMLElement} day @param {string} name */
function turn(day, name) {
  const link = document.getElementById(name);
  if (!link) return;
  wanted = numberOf(day.closest("a"));
  link.click();
}

/** Tab reaches the chosen day, or the first. @param {HTMLTableElement} table */
function rove(table) {
  const links = linksOf(table);
  const entry = links.find((each) => each === document.activeElement) ?? links.find((each) => each.hasAttribute("aria-current")) ?? links[0];
  table.setAttribute("role", "grid");
  for (const each of links) each.tabIndex = each === entry ? 0 : -1;
  return entry;
}

document.addEventListener("focusin", (event) => {
  const table = event.target.closest?.("table[data-month]");
  if (table) for (const each of linksOf(table)) each.tabIndex = each === event.target ? 0 : -1;
});

/** Whoever was faster than htmx has opened a dialog that nothing was fetched for. */
function fill() {
  const dialog = document.querySelector("dialog[open]:has(#month-body:empty)");
  const trigger = dialog && document.querySelector(`[data-dialog="${dialog.id}"]`);
  if (trigger) window.htmx.ajax("GET", trigger.href, { target: "#month-body", select: "#month-body", swap: "outerHTML" });
}

// Another month, or the first one of a dialog.
document.addEventListener("htmx:afterSettle", () => {
  fill();
  for (const table of document.querySelectorAll("table[data-month]")) {
    const entry = rove(table);
    const near = linksOf(table).find((each) => numberOf(each) >= wanted) ?? linksOf(table).at(-1);
    if (wanted) near?.focus();
    else if (table.closest("dialog[open]") && !table.contains(document.activeElement)) entry?.focus();
  }
  wanted = 0;
});

// What opened the dialog may have been replaced meanwhile: then the focus goes to what stands there now.
document.addEventListener("close", (event) => {
  const held = document.activeElement;
  if (held === document.body || event.target.contains(held)) document.querySelector(`[data-dialog="${event.target.id}"]`)?.focus();
}, { capture: true });

document.querySelectorAll("table[data-month]").forEach(rove);
