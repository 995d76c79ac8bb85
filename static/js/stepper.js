// Steps beside a number (templates/components/stepper.html): within its limits, down to empty where it may be, and
// told to whoever does not see it. Without this script the field alone is there.

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-step]");
  const stepper = button && button.closest(".stepper");
  const input = stepper?.querySelector("input");
  if (!input) return;
  const before = input.value;
  step(input, Number(button.dataset.step), "stepEmpty" in stepper.dataset);
  const [label, said] = ["label", "[data-step-said]"].map((part) => stepper.parentElement.querySelector(part));
  if (said) said.textContent = `${label?.textContent.trim()}: ${input.value || stepper.dataset.stepEmpty}`;
  if (input.value !== before) input.dispatchEvent(new Event("change", { bubbles: true }));
});

/** @param {HTMLInputElement} input @param {number} by @param {boolean} mayBeEmpty */
function step(input, by, mayBeEmpty) {
  const [least, most] = [Number(input.min || 1), Number(input.max || Infinity)];
  const next = (input.value ? Number(input.value) : by > 0 ? least - 1 : least) + by;
  input.value = next < least && mayBeEmpty ? "" : String(Math.min(Math.max(next, least), most));
}
