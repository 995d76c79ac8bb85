// Fits a wall to its screen: smaller cards first, then pages that turn by themselves. Without this script it scrolls.
//
//   <html class="lend-wall"> … <div id="wall"><ul class="wall" data-turned>…</ul></div>
//   <p data-wall-turner hidden>
//     <span data-wall-page data-text="Page {page} of {pages}"></span>
//     <button data-wall-pause data-on="Go on">Pause</button> <button data-wall-next>Next page</button>
//   </p>
//
// Pages end between rows of cards. Whoever wants less motion turns them by hand.

const SECONDS = 15;
const ROOM = 16;
const turner = document.querySelector("[data-wall-turner]");
const label = turner?.querySelector("[data-wall-page]");
const pause = turner?.querySelector("[data-wall-pause]");
const pauseText = pause?.textContent ?? "";
let paused = matchMedia("(prefers-reduced-motion: reduce)").matches;
let at = 0;
/** @type {Element[][]} */
let pages = [];

const SIZES = ["wall-medium", "wall-small", "wall-dense"];
/** On a telephone people scroll. */
const wide = matchMedia("(min-width: 60rem)");

const overflows = () => document.documentElement.scrollHeight > innerHeight + 1;

function lay() {
  const wall = document.querySelector("#wall .wall");
  if (!wall || !turner) return;
  const cards = [...wall.children];
  cards.forEach((card) => { card.hidden = false; });
  turner.hidden = true;
  document.documentElement.classList.remove(...SIZES);
  for (const size of SIZES) if (wide.matches && overflows()) document.documentElement.classList.add(size);
  pages = [cards];
  if (wide.matches && overflows()) {
    turner.hidden = false;
    pages = divide(cards, innerHeight - wall.getBoundingClientRect().top - scrollY - turner.offsetHeight - 3 * ROOM);
  }
  turner.hidden = pages.length < 2;
  turn(Math.min(at, pages.length - 1));
}

/** @param {Element[]} cards @param {number} height of a page */
function divide(cards, height) {
  const found = [];
  let top = 0;
  for (const row of rowsOf(cards)) {
    const boxes = row.map((card) => card.getBoundingClientRect());
    const bottom = Math.max(...boxes.map((box) => box.bottom));
    if (!found.length || bottom - top > height) {
      found.push([]);
      top = boxes[0].top;
    }
    found[found.length - 1].push(...row);
  }
  return found;
}

/** @param {Element[]} cards */
function rowsOf(cards) {
  const rows = new Map();
  for (const card of cards) {
    const top = Math.round(card.getBoundingClientRect().top);
    rows.set(top, [...(rows.get(top) ?? []), card]);
  }
  return [...rows.values()];
}

/** @param {number} page */
function turn(page) {
  at = page;
  pages.forEach((cards, number) => cards.forEach((card) => { card.hidden = number !== page; }));
  if (label) label.textContent = (label.dataset.text ?? "").replace("{page}", page + 1).replace("{pages}", pages.length);
}

const next = () => turn((at + 1) % pages.length);

function show() {
  if (pause) pause.textContent = paused ? pause.dataset.on : pauseText;
}

pause?.addEventListener("click", () => { paused = !paused; show(); });
turner?.querySelector("[data-wall-next]")?.addEventListener("click", next);
setInterval(() => { if (!paused && pages.length > 1 && !document.hidden) next(); }, SECONDS * 1000);
addEventListener("resize", lay);
document.addEventListener("live:new", lay);
document.fonts?.ready.then(lay);
show();
lay();
