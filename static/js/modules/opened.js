// Tells the server once a launch that the app was opened here: it stands under "Where you are signed in", and a counsellor the
// household let in sees the day. GETs change nothing, so it takes a POST, with a token of this page or one asked for.

const { who } = document.documentElement.dataset;

async function token() {
  const own = document.querySelector("[name=csrf_token]")?.value;
  return own ?? (await (await fetch("/push/key")).json()).token;
}

if (who && navigator.onLine && sessionStorage.opened !== who) {
  const answer = await fetch("/account/opened", { method: "POST", headers: { "X-CSRFToken": await token() } });
  if (answer.ok && !answer.redirected) sessionStorage.opened = who;
}
