// One line on a venue's own website shows its booking page there, as high as it is: docs/embedding.md
(() => {
  const script = document.currentScript;
  const { venue, place, title } = script.dataset;
  const { origin } = new URL(script.src);
  const frame = document.createElement("iframe");
  frame.src = `${origin}/embed/${venue}/${place ? `${place}/` : ""}`;
  frame.title = title || "Booking";
  frame.style.cssText = "border:0;width:100%;height:40rem";
  script.after(frame);
  frame.addEventListener("load", () => frame.contentWindow.postMessage("holdfast", origin));
  addEventListener("message", ({ source, origin: from, data }) => {
    if (source === frame.contentWindow && from === origin && data.holdfast > 0) {
      frame.style.height = `${data.holdfast}px`;
    }
  });
})();
