// Small helps on the account's pages: the device's time zone as a suggestion, and buttons that copy.

for (const hint of document.querySelectorAll("[data-zone-hint]")) {
  const select = document.getElementById(hint.dataset.zoneHint);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...(select?.options ?? [])].some((option) => option.value === zone);
  const text = hint.querySelector("[data-zone-text]");
  const show = () => { hint.hidden = !known || select.value === zone; };
  text.textContent = text.dataset.zoneText.replace("{zone}", zone);
  hint.querySelector("button").addEventListener("click", () => {
    select.value = zone;
    select.focus();
    show();
  });
  select?.addEventListener("change", show);
  show();
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(field.value);
    const before = button.textContent;
    button.textContent = button.dataset.done;
    document.getElementById("live-status").textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 2000);
  });
}
