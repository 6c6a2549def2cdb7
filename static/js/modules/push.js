// Notifications on this device.
//
// [data-push]              the block of templates/reminders/_push.html, in one of its states: [data-push-state="ready"]
//                          with the switch, "denied", "ios" (not on the home screen yet), "unsupported", "script" (without us)
// html[data-who]           marks of the person and of the sign-in, "person.sign-in"; a guest's first part is "guest"
// localStorage.push        who switched notifications on here, the push address the server knows, and since when

const DAY = 24 * 3600 * 1000;
const MOMENT = 10 * 60 * 1000;
const PATIENCE = 15000; // ms for the service worker, which private windows never start

const worker = navigator.serviceWorker;
const who = document.documentElement.dataset.who ?? "";
const block = document.querySelector("[data-push]");
const box = block?.querySelector("input");

// ---- Between browser, push service and server ----

async function manager() {
  const never = new Promise((_, fail) => { setTimeout(fail, PATIENCE, new Error()); });
  return (await Promise.race([worker.ready, never])).pushManager;
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  const said = answer.redirected ? null : await answer.json().catch(() => null);
  if (!answer.ok || !said) throw new Error(said?.message ?? "");
  return said;
}

const post = (path, token, subscription) => ask(path, {
  method: "POST", body: JSON.stringify(subscription), headers: { "Content-Type": "application/json", "X-CSRFToken": token },
});

const base64url = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer ?? [])))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function join() {
  const [{ key, token }, pushes] = await Promise.all([ask("/push/key"), manager()]);
  let subscription = await pushes.getSubscription();
  if (subscription && base64url(subscription.options?.applicationServerKey) !== key) {
    await subscription.unsubscribe(); // the server has another key now: it could not reach this address
    subscription = null;
  }
  subscription ??= await pushes.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await post("/push/subscribe", token, subscription);
  localStorage.push = JSON.stringify({ who, endpoint: subscription.endpoint, at: Date.now() });
}

async function leave() {
  localStorage.removeItem("push");
  const subscription = await (await manager()).getSubscription();
  if (!subscription) return;
  const old = subscription.toJSON();
  await subscription.unsubscribe(); // first: from here on nothing arrives, whatever the server hears
  const { token } = await ask("/push/key");
  await post("/push/unsubscribe", token, old);
}

function known() {
  try { return JSON.parse(localStorage.push); } catch { return null; }
}

// Whether notifications are on here; told to the server again when something changed or `age` ms have passed.
async function announce(age) {
  const before = known();
  if (!before || !who || Notification.permission !== "granted") return false;
  const [person, other] = [who, before.who].map((marks) => marks.split(".")[0]);
  if (person !== other && other !== "guest") {
    await leave(); // somebody else's choice; this person has not been asked
    return false;
  }
  const subscription = await (await manager()).getSubscription();
  const same = before.who === who && before.endpoint === subscription?.endpoint;
  if (!same || !(Date.now() - before.at < age)) await join();
  sessionStorage.heard = who;
  return true;
}

// ---- The block on the page ----

function state() {
  const apple = /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  const installed = navigator.standalone || matchMedia("(display-mode: standalone)").matches;
  if (worker && "PushManager" in self && "Notification" in self) return Notification.permission === "denied" ? "denied" : "ready";
  return apple && !installed ? "ios" : "unsupported";
}

function show() {
  const now = state();
  for (const part of block.querySelectorAll("[data-push-state]")) part.hidden = part.dataset.pushState !== now;
}

const line = block?.querySelector("[data-push-error]");
const usual = line?.querySelector("span").textContent;

function say(text) {
  line.hidden = !text;
  line.querySelector("span").textContent = text;
}

let busy = false;

async function flip() {
  if (busy) {
    box.checked = !box.checked;
    return;
  }
  busy = true;
  say("");
  try {
    // Only here, on a tap, is permission asked for.
    const refused = box.checked && await Notification.requestPermission() !== "granted";
    if (refused) box.checked = false;
    else await (box.checked ? join() : leave());
  } catch (error) {
    box.checked = known() !== null;
    say(error.name === "Error" && error.message ? error.message : usual);
  }
  busy = false;
  show();
}

async function start() {
  box.checked = known() !== null;
  show();
  box.addEventListener("change", flip);
  const permission = await navigator.permissions?.query({ name: "notifications" }).catch(() => null);
  permission?.addEventListener("change", show);
  if (state() === "ready") box.checked = await announce(MOMENT);
}

if (block) start().catch((error) => say(error.name === "Error" ? error.message : ""));
else announce(DAY).catch(() => {}); // next time then
