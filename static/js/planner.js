// The timeline that staff drag on, in place of the drawn one: EventCalendar, with what the server says.
// Every change is a request; what is refused goes back to where it was, with the reason.

import { fetchAgain, note, open } from "./calendar.js";

const WIDE = window.matchMedia("(min-width: 52rem)");
const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}:00`;
const two = (number) => String(number).padStart(2, "0");
/** The wall clock of a date of EventCalendar, which knows no zones. */
const wall = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;

/** How far the venue's clock, as the server tells it, is ahead of this computer's UTC: "+01:00". */
function offsetOf(venueNow) {
  const minutes = Math.round((Date.parse(`${venueNow}Z`) - Date.now()) / 60000);
  const ahead = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
}

let shown = null;

function start() {
  if (shown && !document.querySelector("#planner[data-ready]")) {
    EventCalendar.destroy(shown); // its page has gone
    shown = null;
  }
  const planner = document.getElementById("planner");
  if (!planner || planner.dataset.ready || !WIDE.matches || !window.EventCalendar) return;
  planner.dataset.ready = "1";
  planner.hidden = false;
  document.getElementById("calendar").classList.add("is-planned");
  shown = EventCalendar.create(planner.querySelector("#planner-grid"), options(planner));
}

function options(planner) {
  const { day, first, last, language } = planner.dataset;
  return {
    view: "resourceTimelineDay",
    date: day,
    locale: language,
    headerToolbar: { start: "", center: "", end: "" },
    dayHeaderFormat: () => "",
    slotMinTime: clock(Number(first)),
    slotMaxTime: clock(Number(last)),
    slotDuration: "01:00",
    snapDuration: "00:15",
    slotLabelFormat: (at) => (language === "en-us" ? `${at.getHours() % 12 || 12} ${at.getHours() < 12 ? "AM" : "PM"}` : `${two(at.getHours())}:00`),
    slotWidth: 72,
    height: "auto",
    nowIndicator: Boolean(planner.dataset.now),
    timeZone: planner.dataset.now ? offsetOf(planner.dataset.now) : "local",
    editable: false,
    selectable: true,
    unselectAuto: true,
    eventResizableFromStart: true,
    resourceLabelContent: ({ resource }) => resource.title,
    resources: () => fetchDay(planner).then((told) => told.resources),
    eventSources: [{ events: () => fetchDay(planner).then((told) => told.events) }],
    eventContent: ({ event }) => ({ domNodes: words(event) }),
    eventDidMount: ({ el, event }) => {
      const { when, note: more, place } = event.extendedProps;
      el.title = [when, event.title, more].filter(Boolean).join(" · ");
      if (place) el.setAttribute("aria-label", `${place}: ${el.title}`);
    },
    eventAllUpdated: () => plain(planner),
    viewDidMount: () => plain(planner),
    eventClick: ({ event }) => event.extendedProps.edit && open(event.extendedProps.edit),
    eventDrop: (info) => move(planner, info),
    eventResize: (info) => move(planner, info),
    select: (info) => create(planner, info.resource, info.start, info.end),
    dateClick: (info) => create(planner, info.resource, info.date),
  };
}

/** EventCalendar calls its boxes a table, which they are not: its events are buttons, and say where they are. */
function plain(planner) {
  const roles = ["table", "rowgroup", "row", "rowheader", "columnheader", "cell"].map((role) => `[role="${role}"]`);
  planner.querySelectorAll(roles.join()).forEach((each) => each.removeAttribute("role"));
  for (const name of ["aria-label", "aria-colindex", "aria-rowindex"]) {
    planner.querySelectorAll(`[${name}]:not(.ec-event)`).forEach((each) => each.removeAttribute(name));
  }
  // Beside it stand the words of what began before the hours in sight.
  const side = planner.querySelector(".ec-sidebar");
  if (side) planner.style.setProperty("--side", `${side.offsetWidth}px`);
}

let asked = null;

/** Rows and events come in one answer. */
function fetchDay(planner) {
  asked ??= fetch(planner.dataset.events, { headers: { Accept: "application/json" } })
    .then((response) => (response.ok ? response.json() : Promise.reject(new Error(response.status))))
    .finally(() => setTimeout(() => { asked = null; }));
  return asked;
}

function words(event) {
  if (event.display === "background") return [];
  const when = document.createElement("span");
  when.textContent = event.extendedProps.when;
  const what = document.createElement("strong");
  what.textContent = event.title;
  const more = document.createElement("span");
  more.textContent = event.extendedProps.note ?? "";
  return [what, when, more];
}

function create(planner, resource, from, until) {
  const url = new URL(planner.dataset.new, location.href);
  url.searchParams.set("resource", resource.id);
  url.searchParams.set("start", wall(from));
  if (until) url.searchParams.set("end", wall(until));
  shown.unselect();
  open(url.href);
}

async function move(planner, info) {
  const { event, oldResource, newResource, revert } = info;
  const body = new URLSearchParams({
    start: wall(event.start),
    end: wall(event.end),
    version: event.extendedProps.version,
    was: oldResource?.id ?? "",
    place: newResource?.id ?? "",
  });
  let told;
  try {
    const token = planner.querySelector("[name=csrfmiddlewaretoken]").value;
    const response = await fetch(event.extendedProps.move, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } });
    told = await response.json();
    if (response.ok) {
      note(told.message);
      fetchAgain();
      return;
    }
  } catch {
    told = { message: planner.dataset.offline };
  }
  revert();
  const near = told.alternatives?.length ? ` ${planner.dataset.near} ${told.alternatives.join("; ")}.` : "";
  note(told.code === "stale_version" ? planner.dataset.stale : told.message + near, "bad");
  if (told.code === "stale_version") fetchAgain();
}

document.addEventListener("calendar:new", start);
document.addEventListener("calendar:old", () => shown?.refetchEvents());
document.addEventListener("live:new", () => shown?.refetchEvents());
WIDE.addEventListener("change", start);
start();
