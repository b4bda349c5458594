// What every page does beyond links and forms: menus close, dialogs open, forms are sent once, Ctrl-K finds.
"use strict";

function closeMenus(except) {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (menu !== except && !menu.contains(except)) menu.open = false;
  });
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details[data-menu]"));
  const toggle = event.target.closest("[data-toggle]");
  if (toggle) {
    const target = document.getElementById(toggle.dataset.toggle);
    target.hidden = !target.hidden;
    toggle.setAttribute("aria-expanded", String(!target.hidden));
    if (!target.hidden) target.querySelector("input:not([type=hidden]), textarea")?.focus();
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null);
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    const command = document.getElementById("command");
    if (command && !command.open) {
      event.preventDefault();
      command.showModal();
      command.querySelector("input").select();
    }
  }
});

document.addEventListener("toggle", (event) => {
  const drawer = event.target;
  if (drawer.matches?.("[data-drawer]") && drawer.open) htmx.trigger(drawer.querySelector("[hx-trigger=drawer-open]"), "drawer-open");
}, true);

// The second press of a save button does nothing; the request key makes even a second request harmless.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]") || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; }, 8000);
});

function showNeeded(form) {
  const select = form.querySelector("select[data-needs]");
  const needs = (select.selectedOptions[0]?.dataset.needs || "").split(" ");
  form.querySelectorAll("[data-need]").forEach((field) => {
    const needed = needs.includes(field.dataset.need);
    field.hidden = !needed;
    field.querySelectorAll("input, textarea").forEach((input) => { input.disabled = !needed; input.required = needed; });
  });
}

function prepare(root) {
  root.querySelectorAll("dialog[data-open]:not([open])").forEach((dialog) => {
    const form = dialog.querySelector("form[data-move]");
    if (form) {
      showNeeded(form);
      form.querySelector("select[data-needs]").addEventListener("change", () => showNeeded(form));
    }
    dialog.addEventListener("close", () => document.dispatchEvent(new CustomEvent("sheet-closed")));
    dialog.showModal();
  });
}

// The network failed: say so where refused acts are told, and leave the page as it is.
document.addEventListener("htmx:sendError", () => {
  const flash = document.getElementById("flash");
  if (!flash) return;
  const notice = document.createElement("div");
  notice.className = "notice notice-red flash";
  notice.setAttribute("role", "alert");
  notice.textContent = flash.dataset.silent;
  flash.replaceChildren(notice);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "get") document.getElementById("flash")?.replaceChildren();
});

document.addEventListener("htmx:afterSwap", (event) => prepare(event.detail.target.ownerDocument));

document.addEventListener("DOMContentLoaded", () => {
  const input = document.getElementById("command-q");
  if (!input) return;
  const lines = [...document.querySelectorAll("#command li")];
  const shown = () => lines.filter((line) => !line.hidden);
  input.addEventListener("input", () => {
    const words = input.value.trim().toLowerCase();
    lines.forEach((line) => { line.hidden = words !== "" && !line.textContent.toLowerCase().includes(words); });
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); shown()[0]?.querySelector("a").focus(); }
    if (event.key !== "Enter") return;
    const words = input.value.trim();
    const exact = shown()[0];
    location.href = words && (!exact || shown().length === lines.length) ? input.dataset.search + encodeURIComponent(words) : exact.querySelector("a").href;
  });
});
