"use strict";
// Live pages: a part with data-refresh="seconds" asks for itself again and replaces its content. Without this script every page works.
(() => {
  document.querySelector(".tabs .here")?.scrollIntoView({ block: "nearest", inline: "center" });

  const ticked = () => document.querySelectorAll('input[name="id"]:checked').length;

  function showTicks() {
    for (const button of document.querySelectorAll("[data-needs-ticks]")) button.disabled = ticked() === 0;
  }

  function busy(part) {
    return document.hidden || ticked() > 0 || part.querySelector("details[open]") || part.contains(document.activeElement);
  }

  async function refresh(part) {
    if (busy(part)) return true;
    const address = new URL(location.href);
    address.searchParams.set("fragment", "1");
    const answer = await fetch(address, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
    if (answer.redirected) { location.reload(); return false; }
    if (answer.ok) {
      const text = await answer.text();
      if (!busy(part)) part.innerHTML = text;
    }
    return true;
  }

  for (const part of document.querySelectorAll("[data-refresh]")) {
    const pause = Number(part.dataset.refresh) * 1000;
    const again = async () => {
      let on = true;
      try { on = await refresh(part); } catch { /* the server is away for a moment: the next round asks again */ }
      if (on) setTimeout(again, pause);
    };
    setTimeout(again, pause);
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]"))
      for (const box of document.querySelectorAll('input[name="id"]')) box.checked = event.target.checked;
    showTicks();
    const name = event.target.files?.[0]?.name;
    if (name) document.querySelector(`[data-file-of="${event.target.id}"]`).textContent = name;
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-unticks]"))
      for (const box of document.querySelectorAll('input[name="id"]:checked')) box.checked = false;
  });

  showTicks();
})();
