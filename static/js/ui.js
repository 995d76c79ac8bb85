// Dialogs, messages put away, questions before a form goes off, and no form sent twice. Every page works
// without this script: a trigger is a link to the page with the same form, a form without it is just sent.
//
//   <a href="/bookings/…/cancel/" data-dialog="cancel">Cancel</a>  <dialog id="cancel" class="dialog">…</dialog>
//   <form method="post" data-confirm="Remove this feed?" data-confirm-yes="Remove it">…</form>

const BUSY_AT_MOST = 15000;

// --- Dialogs -------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.matches("dialog.dialog[open]")) closeFromOutside(event);
  const trigger = event.target.closest("[data-dialog]");
  const dialog = trigger && document.getElementById(trigger.dataset.dialog);
  if (!(dialog instanceof HTMLDialogElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  dialog.showModal();
});

/** A press beside the dialog, not one on its own padding. @param {MouseEvent} event */
function closeFromOutside(event) {
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
}

// --- Messages ------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-dismiss]");
  if (!button) return;
  button.closest(".toast, .note")?.remove();
  document.getElementById("content")?.focus({ preventScroll: true });
});

// --- Questions -----------------------------------------------------------------------------------
/** Forms whose question has been answered with yes. @type {WeakSet<HTMLFormElement>} */
const confirmed = new WeakSet();

// Capturing: it comes before htmx and before the form is marked as busy.
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const asking = submitter?.dataset.confirm ? submitter : form;
  const dialog = document.getElementById("confirm");
  if (!asking.dataset.confirm || !(dialog instanceof HTMLDialogElement) || confirmed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(dialog, asking.dataset, () => {
    confirmed.add(form);
    form.requestSubmit(submitter);
  });
}, { capture: true });

/** @param {HTMLDialogElement} dialog @param {DOMStringMap} words @param {() => void} go */
function ask(dialog, words, go) {
  const yes = dialog.querySelector("[value=yes]");
  dialog.querySelector("h2").textContent = words.confirm;
  yes.textContent = words.confirmYes || yes.dataset.word;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") go(); }, { once: true });
  dialog.showModal();
}

// --- Checked before sending ---------------------------------------------------------------------------
// The browser says what is wrong; what is missing it says in our words.
document.addEventListener("invalid", ({ target: control }) => {
  if (control.validity?.valueMissing && control.dataset.missing) control.setCustomValidity(control.dataset.missing);
}, { capture: true });
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, ({ target: control }) => control.setCustomValidity?.(""), { capture: true });
}

// --- Sent once -----------------------------------------------------------------------------------
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method !== "post") return; // htmx prevents what it sends itself
  if (form.hasAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
  submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => free(form), BUSY_AT_MOST); // an answer may be a file, which leaves the page as it is
});

/** @param {ParentNode} part */
function free(part) {
  for (const each of [part, ...part.querySelectorAll("[aria-busy]")]) each.removeAttribute?.("aria-busy");
  for (const each of part.elements ?? []) each.removeAttribute("aria-busy");
}

window.addEventListener("pageshow", (event) => { if (event.persisted) free(document); });

// --- Another language --------------------------------------------------------------------------------
// Leads back to what is shown now, also in browsers that do not say where they come from.
document.addEventListener("submit", ({ target: form }) => {
  if (form.matches(".languages") && form.elements.page) form.elements.page.value = location.pathname + location.search;
}, { capture: true });

// --- Faster than the scripts ---------------------------------------------------------------------
/** Differs from what came with the page. @param {HTMLInputElement | HTMLSelectElement} control */
function differs(control) {
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (!(control instanceof HTMLSelectElement)) return control.value !== control.defaultValue;
  const usual = [...control.options].find((each) => each.defaultSelected) ?? control.options[0];
  return control.value !== usual?.value;
}

// What was chosen before anything listened, or was put back by the browser when the page was loaded again,
// is told now: else the form says one thing and what is shown beside it another.
window.addEventListener("load", () => {
  if (document.getElementById("errors")) return; // it differs because it is wrong, and the page says so
  const heard = document.querySelectorAll("form[hx-get] :is(input, select), form[data-sum] input");
  for (const each of [...heard].filter(differs)) each.dispatchEvent(new Event("change", { bubbles: true }));
});

// --- Sections ------------------------------------------------------------------------------------
// Whoever has more of them than a phone is wide sees at once where they are.
const current = document.querySelector(".nav-main [aria-current]");
const bar = current?.closest("ul");
if (bar) bar.scrollLeft = current.offsetLeft - bar.clientWidth / 2;
