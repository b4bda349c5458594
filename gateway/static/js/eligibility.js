// Unanswered questions stay out of the address, so that a shared link says only what was answered.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches("[data-questions]")) return;
  const filled = event.detail.parameters;
  for (const name of Object.keys(filled)) if (filled[name] === "") delete filled[name];
});

// The answer that was just given keeps the focus when the form is drawn again.
let focused = null;
document.addEventListener("htmx:beforeSwap", () => { focused = document.activeElement?.id || null; });
document.addEventListener("htmx:afterSwap", () => { if (focused) document.getElementById(focused)?.focus({ preventScroll: true }); });
