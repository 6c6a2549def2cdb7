// Passkeys. Loaded only by the pages that have one of these forms:
//
// form[data-passkey="/options"]   on sending: fetches the options from there, asks the browser for a passkey (with
//                                 [data-create] to make one), and sends the answer in the field "credential"
// [data-passkey-says]             where it is said why nothing was sent: data-unsupported, -failed, -known of the form

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt());
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const listed = (keys = []) => keys.map((key) => ({ ...key, id: toBytes(key.id) }));

async function fetchOptions(form) {
  const answer = await fetch(form.dataset.passkey, {
    method: "POST", headers: { "X-CSRFToken": form.elements.csrf_token.value },
  });
  if (answer.redirected) { // signed out, or to be confirmed once more first
    location.assign(answer.url);
    return new Promise(() => {});
  }
  if (!answer.ok) throw new Error();
  const options = await answer.json();
  const { challenge, user, excludeCredentials, allowCredentials } = options;
  return {
    ...options, challenge: toBytes(challenge), ...(user && { user: { ...user, id: toBytes(user.id) } }),
    excludeCredentials: listed(excludeCredentials), allowCredentials: listed(allowCredentials),
  };
}

// As PublicKeyCredential.toJSON() writes it, which older browsers lack.
function written({ id, rawId, type, response }) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const held = parts.filter((part) => response[part]).map((part) => [part, toText(response[part])]);
  return JSON.stringify({ id, rawId: toText(rawId), type, response: Object.fromEntries(held) });
}

async function answer(form) {
  const publicKey = await fetchOptions(form);
  const kind = "create" in form.dataset ? "create" : "get";
  form.elements.credential.value = written(await navigator.credentials[kind]({ publicKey }));
  HTMLFormElement.prototype.submit.call(form);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const says = form.querySelector("[data-passkey-says]");
  const button = form.querySelector("button");
  const say = (text) => { says.hidden = !text; says.textContent = text; };
  if (!self.PublicKeyCredential) {
    button.hidden = true;
    say(form.dataset.unsupported);
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault(); // sent by answer(), once there is something to send
    if (button.hasAttribute("aria-disabled") || !self.PublicKeyCredential) return;
    button.setAttribute("aria-disabled", "true");
    say("");
    try {
      await answer(form);
    } catch (error) {
      say(error.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed);
    }
    button.removeAttribute("aria-disabled");
  });
}
