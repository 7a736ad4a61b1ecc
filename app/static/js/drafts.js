// Saves a draft while it is typed; the button does the same where no script runs. Files wait for the button.
const form = document.getElementById("draft");
const told = form?.querySelector("[data-saved]");
const PAUSE = 1500;
let waiting = 0;

form?.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  clearTimeout(waiting);
  waiting = setTimeout(save, PAUSE);
});
form?.addEventListener("submit", () => clearTimeout(waiting));

async function save() {
  const data = new FormData(form);
  form.querySelectorAll("input[type=file]").forEach((field) => data.delete(field.name));
  data.set("by_itself", "1");
  try {
    const response = await fetch(location.href, { method: "POST", body: data, headers: { Accept: "application/json" } });
    const answer = await response.json();
    if (answer.version !== undefined) form.elements.version.value = answer.version;
    told.textContent = answer.said;
  } catch {
    told.textContent = "";
  }
}
