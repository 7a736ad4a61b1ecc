// Ranks names by dragging, by buttons and by typed numbers; the same form works by its numbers and buttons alone.
for (const field of document.querySelectorAll("[data-ranking]")) rank(field);

function rank(field) {
  const list = field.querySelector("ol");
  const told = field.querySelector("[data-told]");
  const divider = Object.assign(document.createElement("li"), { className: "divider", textContent: field.dataset.unranked });
  const rows = () => [...list.querySelectorAll("[data-number]")];
  const input = (row) => row.querySelector("input");
  const place = (row) => Number.parseInt(input(row).value, 10) || Infinity;
  const ranked = () => rows().filter((row) => divider.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_PRECEDING);

  field.querySelector("[data-sort]").hidden = true;
  field.querySelector("[data-drag-hint]").hidden = false;
  sort();

  function sort() {
    const sorted = rows().sort((one, other) => (place(one) === place(other) ? 0 : place(one) - place(other)));
    const first = sorted.findIndex((row) => place(row) === Infinity);
    sorted.splice(first < 0 ? sorted.length : first, 0, divider);
    list.append(...sorted);
  }

  function number() {
    const above = ranked();
    rows().forEach((row) => {
      input(row).value = above.includes(row) ? above.indexOf(row) + 1 : "";
    });
  }

  function tell(row) {
    const words = place(row) === Infinity ? field.dataset.out : field.dataset.at;
    told.textContent = words.replace("{name}", row.dataset.name).replace("{place}", place(row));
  }

  // Up brings a name that is not ranked to the end of the ranked ones; down takes the last of these out.
  function move(row, up) {
    const above = ranked();
    const at = above.indexOf(row);
    if (at < 0 && up) divider.before(row);
    else if (up && at > 0) above[at - 1].before(row);
    else if (!up && at >= 0) (above[at + 1] ?? divider).after(row);
    number();
    tell(row);
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=move]");
    if (!button) return;
    event.preventDefault();
    move(button.closest("li"), button.value.endsWith("-up"));
    button.focus();
  });
  list.addEventListener("change", (event) => {
    const row = event.target.closest("[data-number]");
    sort();
    tell(row);
  });
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    sort();
    tell(event.target.closest("[data-number]"));
    event.target.focus();
  });

  for (const handle of list.querySelectorAll("[data-handle]")) {
    const row = handle.closest("li");
    handle.hidden = false;
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      row.classList.add("dragged");
    });
    handle.addEventListener("pointermove", (event) => {
      if (!row.classList.contains("dragged")) return;
      const middle = (one) => one.getBoundingClientRect().top + one.offsetHeight / 2;
      let other;
      // The others move around it: a row that leaves the page for an instant loses the pointer.
      while ((other = row.previousElementSibling) && event.clientY < middle(other)) row.after(other);
      while ((other = row.nextElementSibling) && event.clientY > middle(other)) row.before(other);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      handle.addEventListener(end, () => {
        if (!row.classList.contains("dragged")) return;
        row.classList.remove("dragged");
        number();
        tell(row);
      });
    }
  }
}
