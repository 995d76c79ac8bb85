// Counts down what is left of a loan, a lease or a place. Without this script the page says until when.
//
//   <div data-now="2026-12-04T10:40:00+01:00">
//     <span data-until="2026-12-04T10:42:00+01:00" data-left="{time} left" data-soon="Two minutes left for the bike."
//           data-up="Time is up." aria-hidden="true"></span>
//
// By the server's clock, of which data-now says what it was when the page was made: a screen on a wall may have a
// wrong one. What changes every second is not read out; two minutes before the end data-soon is, once. After it data-up is there, until the part comes anew.

const SOON = 120;
const made = document.querySelector("[data-now]");
const ahead = made ? Date.parse(made.dataset.now) - Date.now() : 0;
/** Sentences that were said. @type {Set<string>} */
const said = new Set();

/** @param {number} seconds like 4:07 or 1:02:09 */
function clockText(seconds) {
  const hours = Math.floor(seconds / 3600);
  const rest = [Math.floor((seconds % 3600) / 60), seconds % 60].map((part) => String(part).padStart(2, "0"));
  return hours ? `${hours}:${rest.join(":")}` : `${Number(rest[0])}:${rest[1]}`;
}

/** @param {HTMLElement} part */
function show(part) {
  const seconds = Math.ceil((Date.parse(part.dataset.until ?? "") - Date.now() - ahead) / 1000);
  const text = seconds > 0 ? (part.dataset.left ?? "{time}").replace("{time}", clockText(seconds)) : part.dataset.up ?? "";
  if (part.textContent !== text) part.textContent = text;
  part.classList.toggle("is-soon", seconds > 0 && seconds <= SOON);
  part.classList.toggle("is-up", seconds <= 0);
  if (seconds > 0 && seconds <= SOON) say(part);
}

/** @param {HTMLElement} part */
function say(part) {
  const { soon, until } = part.dataset;
  const status = document.getElementById("live-status");
  if (!soon || !status || said.has(soon + until)) return;
  said.add(soon + until);
  status.textContent = soon;
}

// Looked for anew each time: live.js replaces parts of the page.
const tick = () => document.querySelectorAll("[data-until]").forEach((part) => show(/** @type {HTMLElement} */ (part)));
tick();
setInterval(tick, 1000);
// What has just come is empty: filled before it is seen.
document.addEventListener("live:new", tick);
