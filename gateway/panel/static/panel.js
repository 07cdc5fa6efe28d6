"use strict";
// The page, live: messages carry pieces that the gateway has rendered; this puts them in their places.
// Without this file the page shows everything as it was when it was loaded.

const main = document.getElementById("main");
const live = document.getElementById("live");
const liveText = document.getElementById("live-text");
const spoken = document.getElementById("spoken");
const SILENT_AFTER_MS = 25000;
const LONGEST_WAIT_MS = 10000;

let source = null;
let heardAt = Date.now();
let waitMs = 500;
let alarm = null;

function setLive(state) {
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  liveText.textContent = live.dataset[state];
}

function heard() {
  heardAt = Date.now();
  waitMs = 500;
  setLive("live");
}

function show(pieces) {
  for (const [name, html] of Object.entries(pieces)) {
    const place = document.getElementById(name);
    if (place && place.innerHTML !== html) place.innerHTML = html;
  }
  speak();
}

// Said aloud only when another alarm has come to the top: numbers that change every second are not.
function speak() {
  const first = document.querySelector("#alarms strong, #alarms .all-well");
  const text = first ? first.textContent : "";
  if (spoken && alarm !== null && text !== alarm) spoken.textContent = text;
  alarm = text;
}

function connect() {
  if (document.hidden) return;
  if (live.dataset.state === "still") setLive("connecting");
  source = new EventSource("/live?page=" + main.dataset.page);
  source.addEventListener("pulse", heard);
  source.addEventListener("news", (event) => {
    heard();
    show(JSON.parse(event.data));
  });
  source.addEventListener("blind", () => setLive("offline"));
  source.addEventListener("ended", () => location.reload());
  source.addEventListener("error", again);
}

// EventSource gives up for ever at an HTTP error, and waits for ever on a dead line: so it is made anew. A session that
// has ended leads to the log-in.
function again() {
  source.close();
  if (document.hidden) return;
  setLive("offline");
  setTimeout(async () => {
    heardAt = Date.now();
    try {
      const answer = await fetch("/live?page=none", { redirect: "manual", cache: "no-store" });
      if (answer.status === 401) return location.reload();
    } catch {
      // no answer at all: tried again all the same
    }
    return connect();
  }, waitMs * (0.5 + Math.random() / 2));
  waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
}

// A page that nobody sees needs no line: a browser has few of them, and a telephone its battery.
document.addEventListener("visibilitychange", () => {
  source?.close();
  setLive("connecting");
  heardAt = Date.now();
  connect();
});

setInterval(() => {
  if (live.dataset.state === "live" && Date.now() - heardAt > SILENT_AFTER_MS) again();
}, 5000);

speak();
connect();
