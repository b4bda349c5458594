// Dragging a card asks the server what the move needs; whatever is not confirmed puts the card back.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const board = document.querySelector("[data-board='1']");
  if (!board) return;
  let undo = null;
  document.addEventListener("sheet-closed", () => { undo?.(); undo = null; });
  board.querySelectorAll(".board-cards").forEach((column) => {
    Sortable.create(column, {
      group: "stages", sort: false, draggable: ".board-card", animation: 120, filter: "a, button", preventOnFilter: false,
      onEnd(event) {
        if (event.from === event.to) return;
        const next = event.from.children[event.oldIndex];
        undo = () => event.from.insertBefore(event.item, next ?? null);
        htmx.ajax("GET", `/leads/${event.item.dataset.lead}/panels/move?to=${event.to.dataset.stage}`, { target: "#sheet" });
      },
    });
  });
});
