// Shows the print buttons, which do nothing without a script: the browser's own menu prints as well.

document.querySelectorAll("[data-print]").forEach((button) => {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => window.print());
});
