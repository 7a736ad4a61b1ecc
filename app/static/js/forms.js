// Makes forms a little easier; every form works without it.

// The error summary takes the focus, so that it is read out and the keyboard starts there (ux 9).
document.querySelector("[data-focus]")?.focus();

// The links of the summary lead into the field itself, with its label in view.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".error-summary a");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  (field.closest(".field") ?? field).scrollIntoView({ block: "start" });
  field.focus({ preventScroll: true });
});

// A file that is too large is told before it is sent: sent, it would take all that was typed along.
const tooLarge = (field) => [...field.files].some((file) => file.size > Number(field.dataset.maxBytes));
document.addEventListener("change", (event) => {
  if (event.target.dataset?.maxBytes) tell(event.target, tooLarge(event.target));
});
document.addEventListener("submit", (event) => {
  const wrong = [...event.target.querySelectorAll("input[data-max-bytes]")].filter(tooLarge);
  if (!wrong.length) return;
  event.preventDefault();
  wrong.forEach((field) => tell(field, true));
  wrong[0].focus();
});

function tell(field, wrong) {
  const id = `${field.id}-error`;
  const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one && one !== id);
  document.getElementById(id)?.remove();
  field.closest(".field")?.classList.toggle("invalid", wrong);
  if (wrong) {
    const message = Object.assign(document.createElement("p"), { id, className: "field-error" });
    message.setAttribute("role", "alert");
    message.textContent = field.dataset.tooLarge;
    field.before(message);
    field.setAttribute("aria-invalid", "true");
  } else {
    field.removeAttribute("aria-invalid");
  }
  field.setAttribute("aria-describedby", [...others, ...(wrong ? [id] : [])].join(" "));
}

// A second click within a moment sends nothing twice (ux 23); the server has its own guard.
const PAUSE = 4000;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), PAUSE);
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

function release(form) {
  delete form.dataset.sent;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

// Show and hide a password.
for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  const label = button.querySelector("[data-label]");
  const words = [label.textContent, button.dataset.hideLabel];
  button.hidden = false;
  const set = (shown) => {
    field.type = shown ? "text" : "password";
    label.textContent = words[Number(shown)];
  };
  button.addEventListener("click", () => set(field.type === "password"));
  field.form.addEventListener("submit", () => set(false));
}

// Count down the characters that are left; it speaks only when typing rests.
for (const output of document.querySelectorAll("[data-count]")) {
  const field = document.getElementById(output.dataset.count);
  const most = Number(output.dataset.most);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  let rest;
  const count = () => {
    const left = most - [...field.value.replaceAll("\r\n", "\n").trim()].length;
    const words = left < 0 ? output.dataset.over : output.dataset.left;
    output.textContent = words.replace("{n}", number.format(Math.abs(left)));
    output.classList.toggle("over", left < 0);
    output.hidden = left > most * 0.75;
  };
  count();
  field.addEventListener("input", () => {
    clearTimeout(rest);
    rest = setTimeout(count, 400);
  });
}
