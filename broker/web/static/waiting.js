// Follows a login on another device: asks the server each second, says what changes, draws the code, and goes on at the end.
// The server decides everything; this only shows it. It rests while the page is hidden and stops when the time is out.

const PERIOD = 1000;
const GRACE = 10_000;
const QUIET = 4;
const SVG = "http://www.w3.org/2000/svg";

const box = document.getElementById("waiting");
const line = document.getElementById("status");
const picture = document.getElementById("qr");
const until = Date.parse(box.dataset.until) + GRACE;
const library = picture ? import(box.dataset.library) : null;

function say(text) {
  if (line.textContent !== text) line.textContent = text;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function path(code) {
  let d = "";
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      let run = x;
      while (code.get(run, y)) run++;
      if (run > x) d += `M${x + QUIET} ${y + QUIET}h${run - x}v1H${x + QUIET}z`;
      x = run;
    }
  }
  return d;
}

async function draw(text) {
  const { generate, mode } = await library;
  const code = generate(text, { modes: [mode.ascii] });
  const side = code.size + 2 * QUIET;
  const drawing = shape("svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true", "shape-rendering": "crispEdges" });
  drawing.append(
    shape("path", { class: "quiet", d: `M0 0h${side}v${side}H0z` }),
    shape("path", { class: "dark", d: path(code) }),
  );
  picture.replaceChildren(drawing);
  picture.hidden = false;
}

async function ask() {
  const answer = await fetch(box.dataset.status, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const news = await answer.json();
  say(news.text);
  if (news.go && news.go.startsWith("/") && !news.go.startsWith("//")) {
    location.assign(news.go);
    return false;
  }
  if (!picture) return true;
  if (news.qr) await draw(news.qr);
  else picture.hidden = true;
  return true;
}

let timer = 0;
let asking = false;

async function follow() {
  clearTimeout(timer);
  if (document.hidden || asking) return;
  if (Date.now() > until) {
    say(box.dataset.over);
    if (picture) picture.hidden = true;
    return;
  }
  asking = true;
  let waiting = true;
  try {
    waiting = await ask();
  } catch {
    say(box.dataset.lost);
  }
  asking = false;
  if (waiting) timer = setTimeout(follow, PERIOD);
}

document.addEventListener("visibilitychange", follow);
follow();
