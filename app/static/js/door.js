// The camera at the door, where the browser can read squares. Without it, codes, names and the phone's own camera do.

const REST = 3000;
const PAUSE = 120;
const door = document.querySelector("[data-door]");
const answer = door.querySelector("[data-door-answer]");
const figures = door.querySelector("[data-door-figures]");
const camera = door.querySelector("[data-door-camera]");
const form = document.getElementById("door-form");
const field = form.querySelector("[name=ticket]");

// One passage: only the answer and the figures change. Anything else, such as being signed out, is a page of its own.
async function send(url, data) {
  data.set("part", "answer");
  try {
    const response = await fetch(url, { method: "POST", body: data, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const told = page.querySelector("[data-door-answer]");
    if (response.redirected || !told) return location.reload();
    answer.replaceChildren(...told.childNodes);
    figures.replaceChildren(...page.querySelector("[data-door-figures]").childNodes);
    answer.scrollIntoView({ block: "nearest" });
    navigator.vibrate?.(response.ok && !answer.querySelector(".warn") ? 80 : [80, 60, 80]);
  } catch {
    answer.textContent = door.dataset.offline;
  }
}

form.addEventListener("submit", async (event) => {
  if (!field.value.trim()) return;
  event.preventDefault();
  await send(form.action, new FormData(form));
  field.value = "";
  field.focus({ preventScroll: true });
});

answer.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target.action, new FormData(event.target));
});

const readable = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats() : [];
if (readable.includes("qr_code") && navigator.mediaDevices?.getUserMedia) offerCamera();

function offerCamera() {
  const video = camera.querySelector("video");
  const button = camera.querySelector("button");
  const label = button.querySelector("[data-label]");
  const words = { start: label.textContent, stop: camera.dataset.stop };
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const seen = { value: "", at: 0 };
  let stream;

  camera.hidden = false;
  door.querySelector("[data-door-hint]").hidden = true;
  button.addEventListener("click", () => (stream ? stop() : start()));
  document.addEventListener("visibilitychange", () => document.hidden && stream && stop());
  if (sessionStorage.getItem("door-camera")) start();

  async function start() {
    const trouble = camera.querySelector("[data-trouble]");
    trouble.textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      trouble.textContent = camera.dataset.denied;
      return;
    }
    video.srcObject = stream;
    video.hidden = false;
    label.textContent = words.stop;
    sessionStorage.setItem("door-camera", "on");
    await video.play();
    door.scrollIntoView();
    look();
  }

  function stop() {
    stream.getTracks().forEach((track) => track.stop());
    stream = undefined;
    video.hidden = true;
    label.textContent = words.start;
    sessionStorage.removeItem("door-camera");
  }

  // A ticket held before the camera is read once, and again only after it was away for a while.
  async function look() {
    if (!stream) return;
    const found = await detector.detect(video).catch(() => []);
    const value = found[0]?.rawValue;
    const fresh = value && (value !== seen.value || performance.now() - seen.at > REST);
    if (value) Object.assign(seen, { value, at: performance.now() });
    if (fresh) {
      const data = new FormData(form);
      data.set("ticket", value);
      await send(form.action, data);
      seen.at = performance.now();
    }
    setTimeout(look, PAUSE);
  }
}
