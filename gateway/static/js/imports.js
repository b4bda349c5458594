// A workbook may be dropped anywhere on the field.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("[data-drop]");
  const input = field.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) field.addEventListener(kind, (event) => { event.preventDefault(); field.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) field.addEventListener(kind, () => field.classList.remove("over"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
});
