// The admin's list of bookings: rows that came anew can be ticked, and ticked ones stay until one reloads.

document.addEventListener("live:new", () => {
  const boxes = document.querySelectorAll("tr input.action-select");
  if (boxes.length) window.Actions?.(boxes);
});

document.addEventListener("live:old", (event) => {
  const part = event.target;
  if (part.previousElementSibling?.matches(".live-old")) return;
  const note = document.createElement("p");
  note.className = "live-old help";
  note.setAttribute("role", "status");
  part.before(note);
  note.textContent = part.dataset.liveOld;
});
