// Keeps marked parts of a page up to date without reloading it; without this script the page works as it is.
//
//   <div id="times" data-live="resource=ID" data-live-src="/address">…</div>
//
// data-live: what to listen for, as the query of /stream/ and /api/changes (docs/live.md). data-live-src: the
// page on which the part of the same id is found anew, the present address unless given. What comes is a hint:
// the truth is fetched. Nothing is replaced under the hands of somebody who is typing.

const SETTLE = 250;
const POLL = [4000, 8000, 15000, 30000];
const STREAM_AGAIN = 120000;
const { stream: STREAM = "", changes: CHANGES, since: SINCE, updated: UPDATED } = document.querySelector("[data-changes]")?.dataset ?? {};

const parts = () => [...document.querySelectorAll("[data-live][id]")];

/** All questions of the page as one query. */
function query() {
  const all = new URLSearchParams();
  const seen = new Set();
  for (const part of parts()) {
    for (const [name, value] of new URLSearchParams(part.dataset.live)) {
      if (!seen.has(`${name}=${value}`)) all.append(name, value);
      seen.add(`${name}=${value}`);
    }
  }
  return all;
}

// --- Fetching ------------------------------------------------------------------------------------

let timer = 0;
let running = false;
let again = false;

function refresh() {
  clearTimeout(timer);
  timer = setTimeout(fetchAll, SETTLE);
}

async function fetchAll() {
  if (running) {
    again = true;
    return;
  }
  if (document.hidden) return; // it is fetched when the page is looked at
  running = true;
  try {
    const addresses = new Set(parts().map((part) => part.dataset.liveSrc || location.href));
    const changed = await Promise.all([...addresses].map(fetchOne));
    if (changed.some(Boolean)) say();
  } finally {
    running = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

/** Whether anything on this address was different. */
async function fetchOne(address) {
  let response;
  try {
    response = await fetch(address.split("#")[0], { headers: { Accept: "text/html" }, cache: "no-store" });
  } catch {
    return false; // offline: the next change, or the reconnection, brings it
  }
  if (!response.ok || response.redirected) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const here = parts().filter((part) => (part.dataset.liveSrc || location.href) === address);
  return here.map((part) => replace(part, fresh.getElementById(part.id))).some(Boolean);
}

/** Form tokens differ each time and mean nothing; nor does what was unfolded or turned to here, which cell Tab reaches, or what is counted down. */
function essence(node) {
  const copy = node.cloneNode(true);
  copy.querySelectorAll("input[type=hidden], [data-until]").forEach((each) => each.remove());
  copy.querySelectorAll("[open]").forEach((each) => each.removeAttribute("open"));
  copy.querySelectorAll("[data-turned] > [hidden]").forEach((each) => each.removeAttribute("hidden"));
  copy.querySelectorAll("[data-turned] [aria-current]").forEach((each) => each.removeAttribute("aria-current"));
  copy.querySelectorAll("[tabindex]").forEach((each) => each.removeAttribute("tabindex"));
  return copy.innerHTML.replace(/\s+/g, " ");
}

function replace(part, fresh) {
  if (!fresh || essence(part) === essence(fresh)) return false;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const busy = focused?.matches("input, select, textarea") || part.querySelector("dialog[open], input:checked");
  if (busy) {
    part.addEventListener("focusout", refresh, { once: true });
    part.addEventListener("change", refresh, { once: true });
    return offer(part);
  }
  const mark = focused && markOf(focused);
  const folds = foldsOf(part).map((each) => each.open);
  part.replaceChildren(...document.importNode(fresh, true).childNodes);
  if (foldsOf(part).length === folds.length) foldsOf(part).forEach((each, at) => { each.open = folds[at]; });
  if (mark) find(part, mark)?.focus({ preventScroll: true });
  part.dispatchEvent(new CustomEvent("live:new", { bubbles: true }));
  return true;
}

const foldsOf = (part) => [...part.querySelectorAll("details")];

/** By what the same control is found again. */
const markOf = (control) => ["id", "href", "value", "name"].map((name) => [name, control.getAttribute(name)]);

function find(part, mark) {
  const [name, value] = mark.find(([, known]) => known) ?? [];
  return name && part.querySelector(`[${name}="${CSS.escape(value)}"]`);
}

/** Where something is chosen already, the page only says that it is old. */
function offer(part) {
  part.dispatchEvent(new CustomEvent("live:old", { bubbles: true }));
  return false;
}

function say() {
  const status = document.getElementById("live-status");
  if (!status) return;
  status.textContent = "";
  setTimeout(() => { status.textContent = UPDATED ?? ""; }, 50);
}

// --- Hearing of changes --------------------------------------------------------------------------

let source = null;
let asking = "";
let lastId = "";
let polling = 0;
let turn = 0;

function listen() {
  if (document.hidden || !parts().length) return;
  asking = query().toString();
  if (STREAM && "EventSource" in window) open();
  else poll();
}

function open() {
  const asked = query();
  if (lastId) asked.set("last_event_id", lastId);
  else asked.set("since", SINCE);
  source = new EventSource(`${STREAM}?${asked}`);
  source.addEventListener("change", (event) => { lastId = event.lastEventId || lastId; refresh(); });
  source.addEventListener("reset", (event) => { lastId = event.lastEventId; refresh(); });
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    source = null;
    turn = 1;
    poll();
    setTimeout(() => { if (polling && !document.hidden) { hush(); open(); } }, STREAM_AGAIN);
  });
}

async function poll() {
  const asked = query();
  asked.set(lastId ? "after" : "since", lastId || SINCE);
  try {
    const response = await fetch(`${CHANGES}?${asked}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.status);
    const told = await response.json();
    if (told.reset || told.changes.length) refresh();
    lastId = told.last_id;
    turn = 0;
  } catch {
    turn = Math.min(turn + 1, POLL.length - 1);
  }
  clearTimeout(polling);
  polling = document.hidden ? 0 : setTimeout(poll, POLL[turn]);
}

function hush() {
  source?.close();
  source = null;
  clearTimeout(polling);
  polling = 0;
}

// A hidden page holds no connection; a browser has only a few for all its pages together.
document.addEventListener("visibilitychange", () => {
  hush();
  if (!document.hidden) listen();
});
// What htmx has swapped in may be about something else.
document.addEventListener("htmx:afterSettle", () => {
  if (query().toString() === asking) return;
  hush();
  listen();
});
window.addEventListener("pagehide", hush);
window.addEventListener("pageshow", (event) => { if (event.persisted) { refresh(); listen(); } });
listen();
