// What was said of a former state ("You're in the queue") goes when the part below it is replaced by a newer one.
//
//   <div id="loan" data-live="mine=1" data-settles>…</div>
//
// live.js tells of the replacement; without scripts nothing is replaced either.

document.addEventListener("live:new", (event) => {
  if (!(event.target instanceof Element) || !event.target.matches("[data-settles]")) return;
  document.querySelectorAll(".messages li").forEach((notice) => {
    // Nobody is thrown off what they are about to press.
    if (!notice.contains(document.activeElement)) notice.remove();
  });
});
