// Asks the device for a passkey. Every page with these buttons offers another way besides.

const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0)).buffer;
const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const RENEW = 4 * 60 * 1000; // a challenge lives five minutes
let waiting; // the quiet offer in the address field, which a click must end first

async function challenge(form) {
  const response = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-CSRFToken": form.elements.csrf_token.value, Accept: "application/json" },
  });
  if (!response.ok) throw new Error(`options: ${response.status}`);
  const { token, options } = await response.json();
  form.elements.token.value = token;
  options.challenge = decode(options.challenge);
  if (options.user) options.user.id = decode(options.user.id);
  for (const known of [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])]) known.id = decode(known.id);
  return options;
}

function send(form, credential) {
  const { response } = credential;
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const sent = Object.fromEntries(names.filter((name) => response[name]).map((name) => [name, encode(response[name])]));
  if (response.getTransports) sent.transports = response.getTransports();
  form.elements.credential.value = JSON.stringify({
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: sent,
  });
  form.submit();
}

async function ask(form) {
  const message = form.querySelector("[data-message]");
  message.hidden = true;
  try {
    waiting?.abort();
    const publicKey = await challenge(form);
    const mode = form.dataset.passkey === "create" ? "create" : "get";
    send(form, await navigator.credentials[mode]({ publicKey }));
  } catch {
    message.textContent = form.dataset.failed;
    message.hidden = false;
  }
}

// The browser offers passkeys inside the address field, next to remembered addresses.
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  const renew = setTimeout(() => {
    waiting.abort();
    offer(form);
  }, RENEW);
  try {
    const publicKey = await challenge(form);
    const credential = await navigator.credentials.get({ publicKey, mediation: "conditional", signal: waiting.signal });
    if (credential) send(form, credential);
  } catch {
    clearTimeout(renew);
  }
}

if (globalThis.PublicKeyCredential && globalThis.isSecureContext) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
    if ("conditional" in form.dataset) offer(form);
  }
}
