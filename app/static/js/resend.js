// Counts down before a mail can be sent again; without this script the button simply works, and the server keeps count.
for (const place of document.querySelectorAll("[data-wait]")) {
  const button = place.querySelector("button");
  const note = document.createElement("p");
  note.className = "small muted";
  let left = Number(place.dataset.wait);
  const show = () => {
    button.disabled = left > 0;
    note.textContent = left > 0 ? place.dataset.waiting.replace("{n}", left) : "";
    if (left > 0) setTimeout(show, 1000);
    left -= 1;
  };
  place.append(note);
  show();
}
