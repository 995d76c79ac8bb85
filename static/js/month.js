// Arrow keys within a month's table: to the next day that can be chosen, in the direction of the key.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

document.addEventListener("keydown", (event) => {
  const table = event.target.closest?.("table[data-month]");
  const step = STEPS[event.key];
  if (!table || !step) return;
  const cells = [...table.querySelectorAll("td")];
  const sideways = Math.abs(step) === 1 && document.dir === "rtl" ? -step : step;
  let at = cells.indexOf(event.target.closest("td")) + sideways;
  while (cells[at] && !cells[at].querySelector("a")) at += sideways;
  event.preventDefault();
  cells[at]?.querySelector("a").focus();
});
