// Makes paying a little easier; every page works without it.

// While the bank has not answered, ask again by itself, ever less often; the page changes once there is an answer (ux 6).
const LONGEST_WAIT = 15000;
const form = document.querySelector("form[data-check]");
if (form) follow(500);

function follow(wait) {
  setTimeout(async () => {
    const answer = await ask();
    if (answer && answer !== "checking") location.assign(location.pathname);
    else follow(Math.min(wait * 1.5 + 500, LONGEST_WAIT));
  }, wait);
}

async function ask() {
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
    if (!response.ok) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.querySelector("[data-outcome]")?.dataset.outcome ?? null;
  } catch {
    return null;
  }
}

// What has to be typed over at the bank can be copied.
for (const list of document.querySelectorAll("[data-copy-label]")) {
  if (!navigator.clipboard) break;
  for (const value of list.querySelectorAll("[data-copy]")) {
    const name = value.previousElementSibling.textContent;
    const button = document.createElement("button");
    const words = document.createElement("span");
    const about = document.createElement("span");
    button.type = "button";
    button.className = "button plain small";
    words.textContent = list.dataset.copyLabel;
    about.className = "visually-hidden";
    about.textContent = ` ${name}`;
    button.append(words, about);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(value.dataset.copy);
      words.textContent = list.dataset.copiedLabel;
      setTimeout(() => (words.textContent = list.dataset.copyLabel), 3000);
    });
    value.append(" ", button);
  }
}

// A file that is being read: look again until it is.
if (document.querySelector("[data-again]")) setTimeout(() => location.reload(), 2500);
