// 속 들여다보기 화면의 시작: 번역기를 소개하고, 문장을 보내고, 한 줄씩 오는 일을 알맞은 그림에 넘겨요.
import { Cloud } from "./cloud.js";
import { $, make } from "./dom.js";
import { Attention } from "./heads.js";
import { Tree } from "./tree.js";
import { Words } from "./words.js";

const START = "시작", END = "끝", PACE = 110, ALIVE = 4000; // 번역이 자라는 것이 눈에 보일 간격(ms)
const LOST = "번역기와 이어지지 않아요. 터미널의 course play나 노트북의 커널이 켜져 있는지 보고, 다시 열었다면 새로 보인 주소를 열어 주세요.";
const still = matchMedia("(prefers-reduced-motion: reduce)");

const attention = new Attention(() => words.paint());
const words = new Words(attention), tree = new Tree(), cloud = new Cloud();
let about = null, running = null, source = [], target = [];

// -- 알림 --

function trouble(message) {
  $("trouble").textContent = message;
  $("trouble").hidden = !message;
}

function lost(gone) {
  $("banner").textContent = gone ? LOST : "";
  $("banner").hidden = !gone;
}

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (error.name !== "AbortError") lost(true);
    throw error;
  }
  lost(false);
  if (!answer.ok) throw Object.assign(new Error((await answer.json()).message), { said: true });
  return answer;
}

// -- 문장 하나 --

async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) yield JSON.parse(part);
  }
}

const pause = (time) => new Promise((wake) => setTimeout(wake, time));

async function translate(text, beam) {
  running?.abort();
  const mine = running = new AbortController();
  trouble("");
  $("go").textContent = "번역하는 중";
  document.body.setAttribute("aria-busy", "true");
  let finished = false;
  try {
    const answer = await ask("/api/show", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text, beam }), signal: mine.signal,
    });
    for await (const event of lines(answer)) {
      if (mine !== running) return;
      take(event);
      finished ||= event.kind === "maps" || event.kind === "trouble";
      if (event.kind === "step" && !still.matches && !document.hidden) await pause(PACE);
      if (mine !== running) return;
    }
    if (!finished) lost(true);
  } catch (error) {
    if (mine !== running || error.name === "AbortError") return;
    if (error.said) trouble(error.message);
    else lost(true);
  } finally {
    if (mine === running) {
      running = null;
      $("go").textContent = "번역";
      document.body.removeAttribute("aria-busy");
    }
  }
}

function take(event) {
  if (event.kind === "trouble") trouble(event.message);
  else if (event.kind === "read") {
    $("inside").hidden = false;
    [source, target] = [event.pieces, []];
    attention.clear();
    tree.clear();
    words.read(event);
    cloud.light(source, []);
  } else if (event.kind === "step") {
    words.grow(event.lead);
    tree.grow(event);
  } else if (event.kind === "done") {
    target = [...event.pieces, { text: END, word: -1, id: -1 }];
    words.done(event, END);
    tree.done(event.lanes, event.score, event.text);
    cloud.light(source, target);
  } else if (event.kind === "maps") {
    attention.set(event, source, target, START);
    words.paint();
  }
}

// -- 시작 --

function introduce() {
  $("name").textContent = about.name;
  $("facts").replaceChildren(...about.facts.map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: value }))));
  $("beam").replaceChildren(...about.beams.map((size) => make("option", { value: size, text: size === 1 ? "1 (그리디)" : `${size}`, selected: size === about.beam })));
  $("examples").replaceChildren(...about.examples.map((text) => make("button", { type: "button", text, onclick: () => { $("sentence").value = text; submit(); } })));
  if (about.note) $("examples").append(make("span", { class: "soft", text: about.note }));
}

function submit() {
  translate($("sentence").value, Number($("beam").value));
}

async function start() {
  $("ask").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  $("beam").addEventListener("change", () => $("inside").hidden || submit());
  try {
    about = await (await ask("/api/about")).json();
  } catch (error) {
    if (error.said) trouble(error.message);
    return;
  }
  introduce();
  if (about.examples.length) { $("sentence").value = about.examples[0]; submit(); }
  else $("sentence").focus();
  setInterval(() => { if (!document.hidden && !running) ask("/api/about").catch(() => {}); }, ALIVE);
  try {
    cloud.set((await (await ask("/api/cloud")).json()).points);
    cloud.light(source, target);
  } catch (error) {
    $("sky-wait").textContent = error.said ? error.message : LOST;
  }
}

start();
