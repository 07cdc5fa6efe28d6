"use strict";
// The page, live. Messages carry pieces that the server has rendered; this puts them in their places.
// Without this file the page still shows everything as it was when it was loaded.

const main = document.getElementById("main");
const boxes = document.getElementById("boxes");
const scans = document.getElementById("scans");
const live = document.getElementById("live");
const liveText = document.getElementById("live-text");
const spoken = document.getElementById("spoken");
const others = document.getElementById("others");

const MAX_BOXES = Number(main.dataset.shown);
const MAX_SCANS = Number(main.dataset.scans);
const SPEAK_EVERY_MS = 15000;
const SILENT_AFTER_MS = 40000;
const FIRST_PAGE = main.dataset.page === "1" && main.dataset.find === "";

let heardAt = Date.now();
let unspoken = 0;
let retryMs = 1000;
let source = null;

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function setLive(state) {
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  liveText.textContent = live.dataset[state];
}

function showBox(id, html) {
  const before = document.getElementById("box-" + id);
  if (before) {
    const after = element(html);
    const wasOpen = before.querySelector("details").open;
    const hadFocus = before.contains(document.activeElement);
    after.querySelector("details").open = wasOpen;
    before.replaceWith(after);
    if (hadFocus) after.querySelector("summary").focus({ preventScroll: true });
    return true;
  }
  if (!FIRST_PAGE || boxes.childElementCount >= MAX_BOXES) return false;
  const after = element(html);
  const next = Array.from(boxes.children).find((other) => other.id > after.id);
  boxes.insertBefore(after, next || null);
  return true;
}

function showScans(pieces) {
  const newest = Number(scans.firstElementChild ? scans.firstElementChild.dataset.id : 0);
  const fresh = pieces.filter(([id]) => id > newest);
  for (const [, html] of fresh.reverse()) {
    const item = element(html);
    item.classList.add("fresh");
    scans.prepend(item);
  }
  while (scans.childElementCount > MAX_SCANS) scans.lastElementChild.remove();
  return fresh.length;
}

function show(news) {
  document.getElementById("summary").innerHTML = news.summary;
  let elsewhere = news.more;
  for (const [id, html] of Object.entries(news.boxes)) {
    if (!showBox(id, html)) elsewhere = true;
  }
  if (elsewhere && FIRST_PAGE) others.hidden = false;
  unspoken += showScans(news.scans);
}

function heard() {
  heardAt = Date.now();
  retryMs = 1000;
  setLive("live");
}

function connect() {
  source = new EventSource("/live?lang=" + main.dataset.lang);
  source.addEventListener("news", (event) => {
    heard();
    show(JSON.parse(event.data));
  });
  source.addEventListener("gateways", (event) => {
    heard();
    document.getElementById("gateways").innerHTML = JSON.parse(event.data).html;
  });
  source.addEventListener("pulse", heard);
  source.addEventListener("reload", () => location.reload());
  source.addEventListener("error", reconnect);
}

// EventSource gives up for ever at an HTTP error, and waits for ever on a dead line: so it is made anew. What came
// in between is not in any message: the page is loaded again, and a session that has ended leads to the log-in.
function reconnect() {
  source.close();
  setLive("offline");
  setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { redirect: "follow" });
      if (answer.ok) return location.reload();
    } catch {
      // no answer at all: tried again below
    }
    retryMs = Math.min(retryMs * 2, 30000);
    return reconnect();
  }, retryMs * (0.5 + Math.random() / 2));
}

setInterval(() => {
  if (live.dataset.state === "live" && Date.now() - heardAt > SILENT_AFTER_MS) reconnect();
}, 5000);

setInterval(() => {
  if (unspoken === 0) return;
  spoken.textContent = main.dataset.news.replace("{n}", String(unspoken));
  unspoken = 0;
}, SPEAK_EVERY_MS);

connect();
