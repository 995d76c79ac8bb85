// The calendar's keys, dialogs and announcements; without this script its links and forms do the same.
//
//   arrows, Home, End   from day to day, where days are cells ([data-cell] in [data-cells])
//   Page Up, Page Down  earlier, later; t: today
//
// The page opens at now or at the first opening; on a phone a week shows one of its days at a time.

const calendar = () => document.getElementById("calendar");
const dialog = () => document.getElementById("planner-dialog");

// --- Keys ----------------------------------------------------------------------------------------

const WAYS = { PageUp: "way-before", PageDown: "way-after", t: "way-today" };
const isRtl = () => document.documentElement.dir === "rtl";

/** One cell of each grid is in the order of Tab; the arrows reach the others. */
function rove(grid, chosen) {
  const cells = [...grid.querySelectorAll("[data-cell]")];
  const kept = chosen ?? cells.find((each) => each.matches("[aria-current]")) ?? cells[0];
  for (const each of cells) each.tabIndex = each === kept ? 0 : -1;
}

function roveAll() {
  document.querySelectorAll(".calendar-drawn .month").forEach((grid) => rove(grid));
}

function step(key, cell) {
  const grid = cell.closest("[data-cells]");
  const perRow = Number(grid.dataset.cells);
  const cells = [...grid.querySelectorAll("[data-cell]")];
  const at = cells.indexOf(cell);
  const side = isRtl() ? -1 : 1;
  const moves = { ArrowRight: at + side, ArrowLeft: at - side, ArrowDown: at + perRow, ArrowUp: at - perRow, Home: 0, End: cells.length - 1 };
  if (!(key in moves)) return false;
  const next = cells[moves[key]] ?? row(grid, key, at);
  if (next) {
    if (grid.matches(".month")) rove(grid, next);
    next.focus();
  }
  return true;
}

/** From a row of days to the row above or below, to the same day. */
function row(grid, key, at) {
  const grids = [...document.querySelectorAll("[data-cells]")];
  const other = { ArrowDown: 1, ArrowUp: -1 }[key];
  return other && grids[grids.indexOf(grid) + other]?.querySelectorAll("[data-cell]")[at];
}

document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (!calendar() || event.ctrlKey || event.metaKey || event.altKey || dialog()?.open) return;
  if (target.closest("input, select, textarea, summary, #planner")) return;
  const cell = target.closest("[data-cells] [data-cell]");
  if (cell && step(event.key, cell)) return event.preventDefault();
  const way = document.getElementById(WAYS[event.key] ?? "");
  if (way) {
    event.preventDefault();
    way.focus();
    way.click();
  }
});

// --- Other days without a new page -----------------------------------------------------------------

function said(text) {
  const status = document.getElementById("live-status");
  if (status) status.textContent = text;
}

document.addEventListener("htmx:afterSettle", (event) => {
  roveAll();
  openBoard();
  if (event.detail.target?.id !== "calendar" && event.target.id !== "calendar") return;
  said(calendar()?.dataset.heading ?? "");
  document.dispatchEvent(new CustomEvent("calendar:new"));
});
document.addEventListener("live:new", () => { roveAll(); openBoard(); });

// --- Where a page opens: at now or the first opening, and where it was scrolled to if it is fetched anew ----------

const AROUND = 24; // pixels, so that what comes before is seen to be there
let kept = {};
const here = () => location.pathname + location.search;
const boardOf = (target) => (target.matches?.(".calendar-drawn .board") ? target : null);

function openBoard() {
  const board = document.querySelector(".calendar-drawn .board");
  if (!board) return;
  if (kept.page === here()) board.scrollTo(kept.left, kept.top);
  else if (board.matches(".board-weekly") && days()) showDay(board.querySelector(".is-today"));
  else showOpening(board);
  markDay(board);
}

function showOpening(board) {
  const mark = board.querySelector("#opening");
  if (!mark.offsetParent) return; // a list
  const head = board.querySelector(".board-head");
  const [from, to] = [board.getBoundingClientRect(), mark.getBoundingClientRect()];
  if (!board.matches(".board-lying")) board.scrollTop += to.top - from.top - head.offsetHeight - AROUND;
  else if (isRtl()) board.scrollLeft += to.right - from.right + head.offsetWidth + AROUND;
  else board.scrollLeft += to.left - from.left - head.offsetWidth - AROUND;
}

document.addEventListener("scroll", ({ target }) => {
  const board = boardOf(target);
  if (!board) return;
  kept = { page: here(), left: board.scrollLeft, top: board.scrollTop };
  markDay(board);
}, { capture: true, passive: true });

// --- A week on a phone: its days on top, one at a time below ---------------------------------------------------------

const days = () => [...document.querySelectorAll(".board-days a")].find((each) => each.offsetParent);

function showDay(column) {
  const board = column?.closest(".board");
  if (board) board.scrollLeft += column.getBoundingClientRect().left - board.getBoundingClientRect().left;
}

/** The day that is in view; the others are a swipe or a press away. */
function markDay(board) {
  const from = board.getBoundingClientRect().left;
  const away = (column) => Math.abs(column.getBoundingClientRect().left - from);
  const columns = [...board.querySelectorAll(".board-column[id]")];
  const shown = columns.sort((a, b) => away(a) - away(b))[0];
  for (const link of document.querySelectorAll(".board-days a")) {
    if (link.hash === `#${shown?.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".board-days a");
  if (!link) return;
  event.preventDefault(); // the address stays: nothing but the day moves
  showDay(document.querySelector(link.hash));
});

// --- The present -----------------------------------------------------------------------------------

const MINUTES = 5;

/** Every five minutes the line moves on by one. */
function tick() {
  for (const line of document.querySelectorAll(".now")) {
    const at = [...line.classList].find((name) => /^a\d+$/.test(name));
    line.classList.replace(at, `a${Number(at.slice(1)) + 1}`);
  }
}
setInterval(tick, MINUTES * 60000);

// --- Forms in a dialog -------------------------------------------------------------------------------

export function open(address) {
  const place = dialog();
  if (!place || !window.htmx) {
    location.assign(address);
    return;
  }
  place.dataset.from = document.activeElement?.id ?? "";
  window.htmx.ajax("GET", address, { target: place, swap: "innerHTML", select: "#planner-form" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/calendar/new/'], a[href^='/calendar/reservations/'], a[data-close]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const inside = link.closest("dialog");
  if (link.matches("[data-close]")) {
    if (!inside) return;
    event.preventDefault();
    event.stopPropagation();
    inside.close();
  } else if (dialog()) {
    event.preventDefault();
    open(link.href);
  }
}, { capture: true });

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== dialog()) return;
  const status = event.detail.xhr.status;
  if (status >= 400 && status < 500) {
    event.detail.shouldSwap = event.detail.xhr.responseText.includes('id="planner-form"'); // refused: with the reason
    event.detail.isError = false;
    if (!event.detail.shouldSwap) location.reload();
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  const place = dialog();
  if (event.detail.target !== place || !place.firstElementChild) return;
  if (!place.open) place.showModal();
  const first = place.querySelector("[role=alert], [aria-invalid=true], select, input:not([type=hidden])");
  if (first?.matches("[role=alert]")) first.tabIndex = -1;
  first?.focus();
});
document.addEventListener("calendar:changed", (event) => {
  dialog()?.close();
  said(event.detail.message ?? "");
  note(event.detail.message ?? "");
  fetchAgain();
});

/** What has been done, where it can be seen. */
export function note(text, kind = "good") {
  const place = document.getElementById("calendar-note");
  if (!place) return;
  place.textContent = text;
  place.className = text ? `note note-${kind}` : "";
}

/** The part of the page with what is booked. */
export function fetchAgain() {
  window.htmx?.ajax("GET", location.href, { target: "#board", select: "#board", swap: "outerHTML" });
  document.dispatchEvent(new CustomEvent("calendar:old"));
}

roveAll();
openBoard();
