// Tells the website around this page how high it is, if it is one that the venue lists.
const websites = document.body.dataset.websites.split(" ");
let height = 0;

function tell(website) {
  const now = Math.ceil(document.body.getBoundingClientRect().height);
  if (now === height) return;
  height = now;
  window.parent.postMessage({ holdfast: height }, website);
}

window.addEventListener("message", ({ source, origin, data }) => {
  if (source !== window.parent || data !== "holdfast" || !websites.includes(origin)) return;
  height = 0;
  new ResizeObserver(() => tell(origin)).observe(document.body);
});
