// Adds up the chosen dates of a recurring booking as they are chosen; without it, a button does.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-sum]"));

/** Counts and adds up what is chosen, in the page's language and the venue's currency. */
function addUp() {
  const chosen = [...form.querySelectorAll("input[data-price]:checked")].filter((each) => each.value !== "skip");
  const coins = chosen.reduce((sum, each) => sum + Number(each.dataset.price), 0);
  const money = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: form.dataset.sum });
  form.querySelector("[data-sum-count]").textContent = String(chosen.length);
  form.querySelector("[data-sum-total]").textContent = money.format(coins);
}

if (form) {
  form.querySelector("[data-sum-button]").hidden = true;
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.dataset.price !== undefined) addUp();
  });
}
