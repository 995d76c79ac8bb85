// On a phone the search is folded: it stays open under the hands of whoever is filling it in, when a new form with
// errors, or without them, takes its place.

let isBusy = false;

document.addEventListener("htmx:beforeSwap", () => {
  isBusy = document.activeElement?.closest(".ask") !== null && document.querySelector(".ask-bar")?.open === true;
});

document.addEventListener("htmx:afterSwap", () => {
  const bar = document.querySelector(".ask-bar");
  if (bar && isBusy) bar.open = true;
});
