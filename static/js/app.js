// Enhancements by data attributes; every page works without this file. Loaded as a deferred module, no inline handlers.
//   [data-errors]                the error summary takes the focus
//   [data-toast]                 leaves after 6 s (not while pointed at or focused) or by [data-dismiss]
//   [data-show-when="f=a|b"]     shown and sent only while field f of the form is a or b
//   [data-confirm="#dialog"]     on a form or button: asks in that <dialog> (its button value="yes" goes on); or a plain text
//   [data-copy="#id"]            copies that element's value or text; [data-copied] is the label for two seconds
//   [data-busy="Saving…"]        on a form or button: its label while the form is being sent
//   form[data-download]          answers with a file: its buttons work again soon
//   [data-autosubmit]            a GET form that sends itself on change
//   form[data-live="#id"], [data-stepper]    see modules/live.js
//   form[data-signout]           forgets everything private on this device first, its push address too
//   [data-push], html[data-who]  see modules/push.js, modules/opened.js
//   main[data-desk]              a counsellor's pages by keyboard, see modules/desk.js
//   html[data-css][data-css-hash], #offline-banner [data-age]    see "After the page is shown"

const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const worker = navigator.serviceWorker;
const PRIVATE = "private-v1"; // as in sw.js

// ---- Messages ----

const dismiss = (toast) => toast.remove();

for (const toast of all("[data-toast]")) {
  let timer;
  const start = () => { timer = setTimeout(dismiss, 6000, toast); };
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
  start();
}
document.querySelector("[data-errors], .errors")?.focus();

// ---- Parts of a form that belong to one choice ----

function chosen(form, name) {
  const field = form.elements.namedItem(name);
  if (!field) return "";
  return field.type === "checkbox" && !field.checked ? "" : field.value;
}

function showParts(form) {
  for (const part of all("[data-show-when]", form)) {
    const [name, values] = part.dataset.showWhen.split("=");
    const on = values.split("|").includes(chosen(form, name));
    part.hidden = !on;
    part.toggleAttribute("data-off", !on);
    for (const control of all("input, select, textarea, button", part)) {
      // Only what was switched off here is switched on again.
      if (!on && !control.disabled) control.dataset.wasOn = "";
      if (!on || "wasOn" in control.dataset) control.disabled = !on;
      if (on) delete control.dataset.wasOn;
    }
  }
}

for (const form of new Set(all("[data-show-when]").map((part) => part.closest("form")))) {
  if (!form) continue;
  showParts(form);
  form.addEventListener("change", () => showParts(form));
  form.addEventListener("reset", () => setTimeout(showParts, 0, form));
}

// ---- Sending a form: ask, say "saving", never twice ----

const confirmed = new WeakSet();

function ask(question, form, button) {
  if (!question.startsWith("#")) return window.confirm(question);
  const dialog = document.querySelector(question);
  if (!dialog) return true;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    confirmed.add(form);
    form.requestSubmit(button ?? undefined);
  }, { once: true });
  if (dialog.open) dialog.close();
  dialog.showModal();
  return false;
}

function setBusy(form, button) {
  form.dataset.sent = "";
  if (!button) return;
  const label = [...button.childNodes];
  const text = button.dataset.busy ?? form.dataset.busy;
  button.setAttribute("aria-disabled", "true");
  if (text) button.replaceChildren(text);
  const restore = () => {
    delete form.dataset.sent;
    button.removeAttribute("aria-disabled");
    if (text) button.replaceChildren(...label);
  };
  // A download leaves the page standing, and so does Back from the page cache.
  const timer = setTimeout(restore, "download" in form.dataset ? 1500 : 30000);
  addEventListener("pagehide", () => clearTimeout(timer), { once: true });
  addEventListener("pageshow", (event) => event.persisted && restore(), { once: true });
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  const method = form.getAttribute("method")?.toLowerCase(); // form.method may be a field called "method"
  if (event.defaultPrevented || method === "dialog") return;
  if ("sent" in form.dataset) return event.preventDefault();
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (question && !confirmed.delete(form) && !ask(question, form, button)) return event.preventDefault();
  if ("signout" in form.dataset) {
    event.preventDefault();
    form.dataset.sent = "";
    Promise.race([forgetAll(), new Promise((done) => { setTimeout(done, 1500); })]).finally(() => HTMLFormElement.prototype.submit.call(form));
    return;
  }
  if (method === "post" && !navigator.onLine) {
    // What was typed stays where it is; the banner says why nothing happened.
    event.preventDefault();
    showOffline();
    banner?.scrollIntoView({ block: "center" });
    return;
  }
  if (method === "post") setBusy(form, button);
});

// ---- Small buttons ----

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  const text = source.value ?? source.href ?? source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Web views without the clipboard permission still copy a selection.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    document.execCommand("copy");
  }
  if (!button.dataset.copied || "done" in button.dataset) return;
  const label = [...button.childNodes];
  button.dataset.done = "";
  button.setAttribute("aria-live", "polite");
  button.replaceChildren(button.dataset.copied);
  setTimeout(() => { button.replaceChildren(...label); delete button.dataset.done; }, 2000);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("[data-dismiss], [data-copy], [data-reload], [data-print]");
  if (!target) return;
  if ("dismiss" in target.dataset) dismiss(target.closest("[data-toast]") ?? target.parentElement);
  else if ("copy" in target.dataset) copy(target);
  else if ("print" in target.dataset) window.print();
  else location.reload();
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && "autosubmit" in form.dataset && !("live" in form.dataset)) form.requestSubmit();
});

if (document.querySelector("[data-live], [data-stepper]")) import("./modules/live.js");
if (document.querySelector("[data-desk]")) import("./modules/desk.js");

// ---- Leaving nothing behind ----

async function forgetAll() {
  sessionStorage.clear();
  localStorage.clear();
  localStorage.signedOut = Date.now();
  worker?.controller?.postMessage({ type: "forget" });
  const databases = await indexedDB.databases?.() ?? [];
  for (const { name } of databases) indexedDB.deleteDatabase(name);
  if ("caches" in self) await caches.delete(PRIVATE);
  const registration = await worker?.getRegistration();
  const subscription = await registration?.pushManager?.getSubscription();
  await subscription?.unsubscribe(); // last: it asks the push service, which may be slow
}

function leaveIfSignedOut(when = localStorage.signedOut) {
  if (!(Number(when) > performance.timeOrigin)) return;
  root.hidden = true; // at once, so that Back shows nothing
  location.replace("/welcome"); // not a reload: the session may still be ending, and the page would come back
}

addEventListener("pageshow", (event) => event.persisted && leaveIfSignedOut());
addEventListener("storage", (event) => event.key === "signedOut" && leaveIfSignedOut(event.newValue));

// ---- After the page is shown: age of the data, styles and offline pages for the next time ----

const banner = document.getElementById("offline-banner");
let keptAt = null; // when the server made this page, if it came from this device's cache

function showOffline() {
  if (!banner) return;
  banner.hidden = navigator.onLine && keptAt === null;
  const age = banner.querySelector("[data-age]");
  if (!age) return;
  const made = new Date(keptAt ?? performance.timeOrigin);
  const today = made.toDateString() === new Date().toDateString();
  const style = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  const time = new Intl.DateTimeFormat(root.lang || undefined, { ...style, hourCycle: "h23" }).format(made);
  age.textContent = age.dataset.age.replace("{time}", time);
}

function askAge() {
  return new Promise((answer) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => answer(event.data);
    worker.controller.postMessage({ type: "age" }, [port2]);
    setTimeout(answer, 1500, null);
  });
}

// A page from the cache must say so even when the worker was stopped and forgot that it served it.
async function keptCopy() {
  if (navigator.onLine || !("caches" in self)) return null;
  const kept = await caches.match(location.pathname, { cacheName: PRIVATE });
  return kept ? Number(kept.headers.get("X-Cached-At")) : null;
}

async function findAge() {
  if (worker?.controller) keptAt = await askAge() ?? await keptCopy();
  if (keptAt !== null) all("[data-toast]").forEach(dismiss); // a "Saved" of the day the copy was made
  showOffline();
}

async function warmStyles() {
  const { css, cssHash } = root.dataset;
  if (!css) return;
  const answer = await fetch(css);
  if (!answer.ok) return;
  await answer.arrayBuffer(); // the cookie may promise only what has arrived whole
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `css=${cssHash}; path=/; max-age=2592000; samesite=lax${secure}`;
}

async function afterLoad() {
  await warmStyles().catch(() => {}); // next time then
  await worker?.register("/sw.js", { scope: "/" }).catch(() => {}); // private windows refuse; the page works without
  // Where notifications are on, the server hears once a launch that this device is still there.
  const { who } = root.dataset;
  if (who && sessionStorage.opened !== who) await import("./modules/opened.js").catch(() => {}); // next page then
  const unheard = who && localStorage.push && sessionStorage.heard !== who;
  if (unheard || document.querySelector("[data-push]")) await import("./modules/push.js").catch(() => {});
}

addEventListener("online", showOffline);
addEventListener("offline", showOffline);
findAge();
if (document.readyState === "complete") afterLoad();
else addEventListener("load", afterLoad, { once: true });
