// What-if pages: amounts with buttons and a slider, and a result that follows while one types.
//
// form[data-live="#result"]  On input it fetches its own address (data-live-action for a form that posts) with the header X-Fragment: result and
//                            puts the answer into #result. Without script the form's button does the same.
// [data-stepper]             holds one input (the value that is sent), and any of: input[type=range] without a name,
//                            button[data-step="-50"], output. data-currency="CNY" words the output.

const PAUSE = 250;
const root = document.documentElement;

// ---- Live result ----

const announcer = Object.assign(document.createElement("p"), { className: "vh" });
announcer.setAttribute("role", "status");
document.body.append(announcer);

// Icons that only the new result uses join the page's sprite.
function mergeSprites(page) {
  const own = document.querySelector(".sprite");
  for (const symbol of page.querySelectorAll(".sprite symbol")) {
    if (!document.getElementById(symbol.id)) own?.append(symbol);
  }
  for (const sprite of page.querySelectorAll(".sprite")) sprite.remove();
}

// An inner status would be read as a whole on every change; its text goes to the one announcer instead.
function announce(region) {
  if (region.matches("[aria-live], [role=status]")) return;
  const status = region.querySelector("[role=status]");
  status?.removeAttribute("role");
  announcer.textContent = (status ?? region.querySelector("h2, h3"))?.textContent.trim().replace(/\s+/g, " ") ?? "";
}

function replaceRegion(region, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  mergeSprites(page);
  const open = [...region.querySelectorAll("details")].map((details) => details.open);
  const fresh = page.getElementById(region.id) ?? page.body;
  region.replaceChildren(...fresh.childNodes);
  region.querySelectorAll("details").forEach((details, index) => { if (open[index]) details.open = true; });
  delete region.dataset.stale;
  announce(region);
}

// Not form.method: a field may be called "method".
const posts = (form) => form.getAttribute("method")?.toLowerCase() === "post";

function address(form) {
  const url = new URL(form.dataset.liveAction || form.getAttribute("action") || location.pathname, location.href);
  const pairs = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf_token");
  url.search = new URLSearchParams(pairs);
  return url;
}

function live(form) {
  const region = document.querySelector(form.dataset.live);
  if (!region) return;
  let timer;
  let running;

  async function refresh() {
    running?.abort();
    const mine = running = new AbortController();
    const url = address(form);
    region.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { "X-Fragment": region.id }, signal: mine.signal });
      // 422 is an answer too: the result says which number it cannot use.
      if (answer.redirected || !(answer.ok || answer.status === 422)) throw new Error(String(answer.status));
      const html = await answer.text();
      if (mine !== running) return;
      replaceRegion(region, html);
      if (!posts(form)) history.replaceState(history.state, "", url);
    } catch (error) {
      // The figures no longer match what was typed: say so by looks, and leave the form's button to explain.
      if (error.name !== "AbortError" && mine === running) region.dataset.stale = "";
    } finally {
      if (mine === running) region.removeAttribute("aria-busy");
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    // A form that posts, or a button with a name, means something else (such as saving): let it go to the server.
    if (posts(form) || event.submitter?.name || event.submitter?.hasAttribute("formaction")) return;
    if (!navigator.onLine || "stale" in region.dataset) return;
    event.preventDefault();
    clearTimeout(timer);
    refresh();
  });
}

// ---- Stepper ----

const decimals = (text) => (String(text).split(".")[1] ?? "").length;

// Reads "1,816.67", "1 816", full-width digits and stops as a phone keyboard gives them.
function read(text) {
  const plain = text.normalize("NFKC").replace(/[^\d.,\-−]/g, "").replace("−", "-").replace(/,(?=\d{3}(\D|$))/g, "");
  return Number(plain.replace(",", ".")) || 0;
}

function word(value, box) {
  const { currency } = box.dataset;
  const digits = Number.isInteger(value) ? 0 : 2;
  const style = currency ? { style: "currency", currency, currencyDisplay: "narrowSymbol" } : {};
  return new Intl.NumberFormat(root.lang || undefined, { ...style, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

function stepper(box) {
  const range = box.querySelector("input[type=range]");
  const input = box.querySelector("input:not([type=range])") ?? range;
  const output = box.querySelector("output");
  if (!input) return;
  const bound = (name, otherwise) => Number(input[name] || range?.[name] || otherwise);

  function show(value) {
    if (range && range !== input) range.value = value;
    if (output) output.textContent = word(value, box);
  }
  function set(value, places) {
    const within = Math.min(bound("max", Infinity), Math.max(bound("min", 0), value));
    input.value = within.toFixed(places);
    show(within);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  box.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-step]");
    if (!button) return;
    const step = button.dataset.step;
    set(read(input.value) + Number(step), Math.max(decimals(step), decimals(read(input.value))));
  });
  box.addEventListener("input", (event) => {
    if (event.target === range && range !== input) {
      event.stopPropagation(); // the form hears of it from the input that is sent
      set(Number(range.value), decimals(range.step));
    } else if (event.isTrusted) show(read(input.value));
  });
  show(read(input.value));
}

document.querySelectorAll("form[data-live]").forEach(live);
document.querySelectorAll("[data-stepper]").forEach(stepper);
