// Browsers scroll to what gets the focus only if it is out of sight, not if a bar at the lower edge lies over it.

document.addEventListener("focusin", (event) => {
  const bar = document.querySelector(".confirm-bar");
  if (!bar || bar.contains(event.target) || getComputedStyle(bar).position !== "sticky") return;
  const hidden = event.target.getBoundingClientRect().bottom > bar.getBoundingClientRect().top;
  if (hidden) event.target.scrollIntoView({ block: "nearest" }); // as scroll-padding says
});
