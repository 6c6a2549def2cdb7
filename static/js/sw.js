const VERSION = "__VERSION__"; const SHELL = __SHELL__; const PRIVATE = "private-v1";

// The service worker, served at /sw.js; the server fills in the version and the list of files of the shell.
// Two caches: shell-VERSION holds nothing private (offline page, styles, script, icons). PRIVATE holds copies of the
// Today page that the server marked "X-Offline: keep", and whose they are; it goes with the person who signs out.
// Only GET is ever answered from a cache, and only whole answers of our own (200, basic) are kept.

const SHELL_CACHE = `shell-${VERSION}`;
const OFFLINE = "/offline";
const ICON = SHELL.find((url) => url.endsWith("/icon.svg"))?.replace("icon.svg", "icon-192.png");
const OWNER = "/.owner"; // an entry in PRIVATE, not an address
const TODAY = /^\/(c\/[^/]+\/)?$/;
const PATIENCE = 4000; // ms before a kept page stands in for a slow network

const served = new Map(); // client id -> when the copy it shows was made
let owner; // X-User of the last page, to spare a look into the cache
let epoch = 0; // grows with every forget, so that an answer still on its way is not kept afterwards
let turn = Promise.resolve(); // changes of PRIVATE, one after another: a put never overtakes a forget

addEventListener("install", (event) => event.waitUntil(fillShell()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));
addEventListener("fetch", answer);
addEventListener("message", hear);
addEventListener("push", (event) => event.waitUntil(notify(event.data)));
addEventListener("notificationclick", (event) => event.waitUntil(openFrom(event.notification, event.action)));
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function fillShell() {
  const shell = await caches.open(SHELL_CACHE);
  // Addresses under /static/ change with their content; anything else must come fresh.
  const fresh = (url) => new Request(url, { cache: url.startsWith("/static/") ? "default" : "reload" });
  await shell.addAll(SHELL.map(fresh));
  await skipWaiting();
}

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith("shell-") && name !== SHELL_CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await registration.navigationPreload?.enable();
  await clients.claim();
}

function answer(event) {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method !== "GET") {
    // Never stored or repeated; only told plainly that there is no connection.
    if (request.mode === "navigate" && !navigator.onLine) event.respondWith(fetch(request).catch(offlinePage));
  } else if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(asset(event));
}

// ---- Pages: network first ----

async function page(event, url) {
  const network = fromNetwork(event, url).catch(() => null);
  event.waitUntil(network);
  const kept = await keptPage(url);
  const fresh = await (kept ? Promise.race([network, after(PATIENCE)]) : network);
  if (fresh) return fresh;
  // Signing out may have emptied the cache while we waited.
  const copy = await keptPage(url);
  if (!copy) return offlinePage();
  served.set(event.resultingClientId, Number(copy.headers.get("X-Cached-At")));
  return copy;
}

async function fromNetwork(event, url) {
  const before = epoch;
  const response = (await event.preloadResponse) ?? (await fetch(event.request));
  if (before !== epoch) return response; // asked for before a sign-out: says nothing about who is here now
  const asOf = await checkOwner(response, before);
  if (keepable(response, url)) event.waitUntil(keep(response.clone(), url, asOf));
  return response;
}

function keepable(response, url) {
  const whole = response.status === 200 && response.type === "basic";
  return whole && response.headers.get("X-Offline") === "keep" && TODAY.test(url.pathname) && !url.search;
}

async function keep(response, url, asOf) {
  const headers = new Headers(response.headers);
  headers.set("X-Cached-At", String(Date.parse(headers.get("Date")) || Date.now()));
  headers.delete("Content-Encoding"); // the body is unpacked by now
  headers.delete("Content-Length");
  const copy = new Response(await response.blob(), { headers });
  await inTurn(async () => {
    if (asOf !== epoch) return;
    const cache = await caches.open(PRIVATE);
    await cache.put(OWNER, new Response(headers.get("X-User"))); // first: a copy without it belongs to nobody
    await cache.put(url.pathname, copy);
  });
}

async function keptPage(url) {
  const exact = await caches.match(url.pathname, { cacheName: PRIVATE, ignoreVary: true });
  if (url.pathname !== "/" || exact) return TODAY.test(url.pathname) ? exact : undefined;
  if (!(await caches.has(PRIVATE))) return undefined;
  const cache = await caches.open(PRIVATE);
  const copies = await Promise.all((await cache.keys()).map((key) => cache.match(key, { ignoreVary: true })));
  const age = (copy) => Number(copy.headers.get("X-Cached-At"));
  return copies.filter((copy) => copy.headers.has("X-Cached-At")).sort((a, b) => age(b) - age(a))[0];
}

async function offlinePage() {
  return (await caches.match(OFFLINE, { cacheName: SHELL_CACHE, ignoreVary: true })) ?? Response.error();
}

// ---- Whose copies they are ----

function inTurn(change) {
  turn = turn.then(change, change);
  return turn;
}

async function forget() {
  epoch += 1;
  owner = undefined;
  await inTurn(() => caches.delete(PRIVATE));
}

// The epoch in which this answer may be kept: another person's copies are gone by then, and a forget since ends it.
async function checkOwner(response, asOf) {
  const { headers } = response;
  const user = headers.get("X-User"); // empty: nobody is signed in; absent: not a page
  if (headers.has("Clear-Site-Data") || headers.get("X-Signed-Out") === "1" || user === "") return forget();
  if (user === null || user === owner) return asOf;
  return inTurn(async () => {
    if (asOf !== epoch) return asOf;
    const known = await (await caches.match(OWNER, { cacheName: PRIVATE }))?.text();
    if (known !== user) {
      epoch += 1;
      await caches.delete(PRIVATE); // nothing is put in its place before a page is kept
    }
    owner = user;
    return epoch;
  });
}

// ---- Files ----

async function asset(event) {
  const { request } = event;
  const kept = await caches.match(request, { cacheName: SHELL_CACHE, ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  const lasting = response.headers.get("Cache-Control")?.includes("immutable");
  if (response.status === 200 && response.type === "basic" && lasting) {
    const copy = response.clone();
    event.waitUntil(caches.open(SHELL_CACHE).then((shell) => shell.put(request, copy)));
  }
  return response;
}

// ---- Messages from pages, and reminders ----

function hear(event) {
  if (event.data?.type === "forget") event.waitUntil(forget());
  if (event.data?.type === "age") event.ports[0]?.postMessage(served.get(event.source.id) ?? null);
}

// A push without a notification counts against us, so one is shown whatever came.
async function notify(data) {
  let message = {};
  try { message = data?.json() ?? {}; } catch { /* not ours: a notice without words is still due */ }
  const { title, body = "", url = "/", tag = "reminder" } = message;
  const actions = Array.isArray(message.actions) ? message.actions.filter((each) => each?.action && each.title) : [];
  await registration.showNotification(title || "稳步 · Steady", {
    body, tag, renotify: false, icon: ICON,
    actions: actions.map(({ action, title: label }) => ({ action, title: label })),
    data: { url, urls: Object.fromEntries(actions.map((each) => [each.action, each.url])) },
  });
}

async function openFrom(notification, action) {
  notification.close();
  const { url, urls } = notification.data ?? {};
  const wanted = new URL(urls?.[action] ?? url ?? "/", location.origin);
  const target = wanted.origin === location.origin ? wanted.href : location.origin;
  const [open] = await clients.matchAll({ type: "window" });
  if (!open) return clients.openWindow(target);
  await open.focus().catch(() => {}); // some systems let nobody come to the front
  return open.navigate(target);
}

// The browser gave this device another push address: tell the server, if somebody is still signed in here.
async function renew({ oldSubscription, newSubscription }) {
  const answer = await fetch("/push/key");
  if (!answer.ok || answer.redirected) return;
  const { key, token } = await answer.json();
  const post = (path, body) => fetch(path, {
    method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  });
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  await post("/push/subscribe", newSubscription ?? await registration.pushManager.subscribe(wanted));
  if (oldSubscription) await post("/push/unsubscribe", oldSubscription);
}

const after = (wait) => new Promise((done) => { setTimeout(done, wait, null); });
