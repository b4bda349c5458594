// The text of a policy: numbered lines, jumps to where something stands, checks while one types, and a copy kept here
// until it is saved, so that neither a closed window nor an ended session loses a word.
"use strict";

const KEEP = "quce-policy:", PAUSE = 1200;

function kept(key) { try { return JSON.parse(localStorage.getItem(KEEP + key)); } catch { return null; } }
function keep(key, value) { try { localStorage.setItem(KEEP + key, JSON.stringify(value)); } catch { /* no room, or not allowed: the form itself is left */ } }
function forget(key) { try { for (const each of [key, `${key}:before`]) localStorage.removeItem(KEEP + each); } catch { /* nothing was kept */ } }

function jump(area, line, column) {
  const before = area.value.split("\n").slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const text = area.value.split("\n")[line - 1] ?? "";
  area.focus();
  area.setSelectionRange(before + Math.min(column - 1, text.length), before + text.length);
  area.scrollTop = Math.max(0, (line - 5) * 20);
}

function number(area, gutter) {
  const count = area.value.split("\n").length;
  const wrong = new Set(), flagged = new Set();
  document.querySelectorAll("#found [data-line]").forEach((link) => (link.closest(".problems") ? wrong : flagged).add(Number(link.dataset.line)));
  gutter.replaceChildren(...Array.from({ length: count }, (_, index) => {
    const line = document.createElement("div");
    line.textContent = index + 1;
    if (wrong.has(index + 1)) line.className = "at"; else if (flagged.has(index + 1)) line.className = "flagged";
    return line;
  }));
  gutter.scrollTop = area.scrollTop;
}

function offer(form, area, changed) {
  const key = form.dataset.draft, notice = document.getElementById("kept-copy");
  const copy = kept(key);
  if (copy && copy.text !== area.value) keep(`${key}:before`, copy);
  const before = kept(`${key}:before`);
  if (!before || before.text === area.value) return;
  notice.querySelector("[data-kept-at]").textContent = new Date(before.at).toLocaleString(document.documentElement.lang);
  notice.hidden = false;
  const done = () => { notice.hidden = true; try { localStorage.removeItem(`${KEEP}${key}:before`); } catch { /* gone already */ } };
  notice.querySelector("[data-restore]").addEventListener("click", () => { area.value = before.text; done(); changed(); });
  notice.querySelector("[data-discard]").addEventListener("click", done);
}

function write(form) {
  const area = form.querySelector("textarea"), gutter = form.querySelector(".numbers"), file = form.querySelector("[type=file]");
  const where = form.querySelector("[data-where]"), key = form.dataset.draft;
  let waiting = 0;
  const changed = () => {
    number(area, gutter);
    keep(key, { text: area.value, at: Date.now() });
    clearTimeout(waiting);
    waiting = setTimeout(() => htmx.trigger("#do-check", "typed"), PAUSE);
  };
  gutter.parentElement.hidden = false;
  number(area, gutter);
  offer(form, area, changed);
  area.addEventListener("input", changed);
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  for (const kind of ["keyup", "click"]) area.addEventListener(kind, () => {
    const before = area.value.slice(0, area.selectionStart).split("\n");
    where.textContent = `${before.length}:${before.at(-1).length + 1}`;
  });
  form.querySelector("[data-load]").hidden = true;
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    if (file.files[0].size > 256 * 1024) return form.querySelector("[data-load]").click();
    area.value = (await file.files[0].text()).replace(/^\uFEFF/, "").replace(/\r\n/g, "\n");
    file.value = "";
    changed();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    jump(area, Number(link.dataset.line), Number(link.dataset.column));
  });
  document.addEventListener("htmx:afterSettle", () => number(area, gutter));
}

document.addEventListener("DOMContentLoaded", () => {
  const saved = document.querySelector("[data-saved]"), form = document.querySelector("form[data-draft]");
  if (saved) forget(saved.dataset.saved);
  if (form) write(form);
});
