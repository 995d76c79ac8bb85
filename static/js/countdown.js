// Counts down to the end of a hold. Without this script the page says until when it is held.
//
//   <div data-countdown="2026-12-04T10:42:00+01:00" data-left="{time} left" data-soon="Two more minutes. Need more?">
//     <span data-countdown-left></span> <p role="status" data-countdown-said></p> <p data-countdown-over hidden>…</p>
//     <p data-countdown-more hidden><button>Hold it longer</button></p>
//   </div>
//
// What changes every second is not read out; two minutes before the end and at the end, one sentence is. Then the
// question whether more time is needed appears, and stays in sight; it takes the focus from nobody who is typing.

const SOON = 120;

/** @param {number} seconds like 4:07 or 1:02:09 */
function clockText(seconds) {
  const hours = Math.floor(seconds / 3600);
  const rest = [Math.floor((seconds % 3600) / 60), seconds % 60].map((part) => String(part).padStart(2, "0"));
  return hours ? `${hours}:${rest.join(":")}` : `${Number(rest[0])}:${rest[1]}`;
}

/** @param {HTMLElement} part */
function start(part) {
  const end = Date.parse(part.dataset.countdown ?? "");
  const [left, said, over, more] = ["left", "said", "over", "more"].map((name) => part.querySelector(`[data-countdown-${name}]`));
  let warned = secondsTo(end) < SOON;
  const timer = setInterval(tick, 1000);

  function tick() {
    const seconds = secondsTo(end);
    if (seconds <= 0) return finish();
    if (left) left.textContent = (part.dataset.left ?? "{time}").replace("{time}", clockText(seconds));
    if (seconds > SOON) return;
    part.classList.add("is-soon");
    if (more instanceof HTMLElement && more.hidden) show(more);
    if (!warned && said) said.textContent = (part.dataset.soon ?? "").replace(/\s+/g, " ");
    warned = true;
  }

  /** @param {HTMLElement} question */
  function show(question) {
    question.hidden = false;
    document.activeElement?.closest("input, select, textarea")?.scrollIntoView({ block: "nearest" }); // it has moved
  }

  function finish() {
    clearInterval(timer);
    part.classList.remove("is-soon");
    part.classList.add("is-over");
    if (more instanceof HTMLElement) more.hidden = true;
    if (left) left.textContent = "";
    if (over instanceof HTMLElement) over.hidden = false;
    if (said) said.textContent = over?.textContent?.trim() ?? "";
  }

  tick();
}

/** @param {number} end milliseconds since 1970 */
const secondsTo = (end) => Math.ceil((end - Date.now()) / 1000);

document.querySelectorAll("[data-countdown]").forEach((part) => start(/** @type {HTMLElement} */ (part)));
