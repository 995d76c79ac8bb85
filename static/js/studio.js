// Moves sessions of the week: dragged to another day or column, or picked and moved by the arrow keys.
// Either leads to the page that shows whom it hits; nothing changes before that is confirmed there.

const STEP = 15; // minutes
const DAY = 24 * 60;
const table = () => document.querySelector(".studio-week");
const words = () => document.getElementById("studio-words")?.dataset ?? {};
const isRtl = () => document.documentElement.dir === "rtl";
let picked = null;

/** The wall clock of the venue, as its minutes: zones play no part in it. */
const read = (text) => Date.parse(`${text}:00Z`) / 60000;
const write = (minutes) => new Date(minutes * 60000).toISOString().slice(0, 16);

function lead(row, start, lane) {
  const [date, time] = write(start).split("T");
  const query = new URLSearchParams({ date, time });
  if (lane && lane !== row.dataset.lane) query.set(table().dataset.names, lane);
  location.assign(`${row.dataset.move}?${query}`);
}

function say(text) {
  const status = document.getElementById("studio-status");
  if (status) status.textContent = text;
}

// --- Keys ------------------------------------------------------------------------------------------

function pick(row) {
  picked = { row, start: read(row.dataset.start) };
  row.classList.add("is-picked");
  tell(words().picked);
}

function drop() {
  picked?.row.classList.remove("is-picked");
  picked = null;
}

function tell(before = "") {
  const at = new Date(picked.start * 60000);
  const format = { weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit", timeZone: "UTC" };
  say(`${before} ${new Intl.DateTimeFormat(document.documentElement.lang, format).format(at)}`.trim());
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".studio-move");
  if (!button) return;
  const row = button.closest("[data-move]");
  const again = picked?.row === row;
  const start = picked?.start;
  drop();
  if (again) lead(row, start, "");
  else pick(row);
});

document.addEventListener("keydown", (event) => {
  if (!picked || event.ctrlKey || event.metaKey || event.altKey) return;
  const side = isRtl() ? -DAY : DAY;
  const steps = { ArrowUp: -STEP, ArrowDown: STEP, ArrowLeft: -side, ArrowRight: side };
  if (event.key in steps) {
    event.preventDefault();
    picked.start += steps[event.key];
    tell();
  } else if (event.key === "Escape") {
    drop();
    say(words().back);
  }
});

// --- Dragging --------------------------------------------------------------------------------------

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".studio-week [data-move]") ?? null;
  dragged?.classList.add("is-dragged");
});

function target(event) {
  return dragged && event.target.closest?.(".studio-week td[data-date]");
}

function unmark() {
  for (const cell of document.querySelectorAll(".is-target")) cell.classList.remove("is-target");
}

document.addEventListener("dragover", (event) => {
  const cell = target(event);
  if (!cell) return;
  event.preventDefault();
  if (cell.classList.contains("is-target")) return;
  unmark();
  cell.classList.add("is-target");
});

document.addEventListener("drop", (event) => {
  const cell = target(event);
  if (!cell) return;
  event.preventDefault();
  const [, time] = dragged.dataset.start.split("T");
  // Lanes without walls are kinds of places: the session finds one by its form.
  const lane = /^\d+$/.test(cell.dataset.lane) ? cell.dataset.lane : "";
  lead(dragged, read(`${cell.dataset.date}T${time}`), lane);
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  unmark();
});

function prepare() {
  const hint = document.getElementById("studio-hint");
  if (hint) hint.hidden = false;
  for (const row of document.querySelectorAll(".studio-week [data-move]")) {
    row.draggable = true;
    row.querySelector(".studio-move").hidden = false;
  }
}

document.addEventListener("live:new", prepare);
prepare();
