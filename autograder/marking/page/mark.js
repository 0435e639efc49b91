// 서술형 채점 화면. 상태(states)는 성적부에서 확인한 것이고, 보이는 것(view)은 아직 보내는 중인 것까지 더한 것이에요.
import { Card, isAgain, isDone, make, points } from "./cards.js";

const $ = (id) => document.getElementById(id);
const KEYS = [
  ["0 … 5", "점수"], [".", "반 점 더하기, 빼기"], ["=", "다시 볼 답의 점수 그대로 두기"], ["Delete", "점수 지우기"],
  ["r 다음 1 … 5", "채점 기준의 줄을 켜고 끄기 (점수는 켠 줄의 합)"], ["c", "의견 쓰기, Esc로 나오기"],
  ["j · ↓ / k · ↑", "다음 답 / 앞 답"], ["Enter · n", "아직 채점하지 않은 다음 답"], ["g / Shift+G", "다음 무리 / 앞 무리"],
  ["x", "같은 답 묶음을 한 명씩 나누기"], ["u", "되돌리기"], ["f", "아직 채점하지 않은 답만 보기"], ["h", "이름 숨기기"], ["?", "이 도움말"],
];
const POLL = 4000, TYPING = 300, RETRY = 2000;

let page = null, cards = [], current = null, snippets = [], split = new Set();
let states = new Map(), view = new Map(), queue = [], busy = false, history = [], typing = null;
let rubricNext = false, filter = false, hidden = sessionStorage.getItem("hidden") === "yes";

// -- 서버와 이야기하기 --

async function ask(address, options = {}) {
  const answer = await fetch(address, options);
  const body = await answer.json();
  if (!answer.ok && answer.status !== 409) throw Object.assign(new Error(body.message), { status: answer.status });
  return { done: answer.ok, body };
}

const wanted = (state) => ({ score: state.score, comment: state.comment, rubric: state.rubric, review: state.review });
const seen = (state) => ({ score: state.score, comment: state.comment, review: state.review, key: state.key });

function put(lesson, job, keepalive = false) {
  const marks = job.ids.map((id) => ({ id, seen: seen(states.get(id)), ...job.to.get(id) }));
  const body = JSON.stringify({ marks });
  return ask(`/api/lesson/${lesson}/states`, { method: "PUT", headers: { "Content-Type": "application/json" }, body, keepalive });
}

// 한 번에 하나씩 보내요. 앞의 것이 끝나야 무엇을 보고 바꾸었는지가 맞아요.
async function send() {
  if (busy || !queue.length) return;
  busy = true;
  const job = queue[0], lesson = page.lesson;
  $("saved").textContent = "저장하는 중 …";
  try {
    const { done, body } = await put(lesson, job);
    queue.shift();
    if (done) for (const state of body.states) accept(state);
    else conflict(job, body.states);
    if (!queue.length) $("saved").textContent = done ? "저장했어요" : "";
  } catch (error) {
    if (error.status) {
      queue.shift();
      for (const id of job.ids) forget(id);
      tell(error.message);
    } else {
      tell("저장하지 못하고 있어요. 채점 화면을 연 터미널이 켜져 있는지 확인해 주세요. 닫지 않으면 다시 보내요.", "network");
      setTimeout(send, RETRY);
    }
    $("saved").textContent = error.status ? "" : "저장 못 함";
    busy = false;
    refresh();
    if (error.status) send();
    return;
  }
  busy = false;
  quiet("network");
  refresh();
  send();
}

const waits = (id) => queue.some((job) => job.ids.includes(id));

function accept(state) {
  states.set(state.id, state);
  if (!waits(state.id)) view.set(state.id, state);
}

// 보내던 것을 잊고 성적부에 있는 것을 보여요.
function forget(id) {
  queue = queue.map((job) => ({ ...job, ids: job.ids.filter((other) => other !== id) })).filter((job) => job.ids.length);
  view.set(id, states.get(id));
}

function conflict(job, now) {
  for (const state of now) states.set(state.id, state);
  for (const id of job.ids) forget(id);
  const other = now.find((state) => JSON.stringify(wanted(state)) !== JSON.stringify(job.to.get(state.id))) ?? now[0];
  const who = other.who ? `${other.who}, ${other.at}` : "formgrader나 다시 한 채점";
  for (const card of cards) {
    if (card.ids.some((id) => job.ids.includes(id))) {
      card.message = `그사이 다른 곳에서 바뀌어서 적지 않았어요(${who}). 지금 점수를 보고 다시 눌러 주세요.`;
    }
  }
}

// 맨 위의 알림 하나. `kind`는 network(이어지지 않음), trouble(피드백을 쓰지 못함), reload(새 답이 있음) 가운데 하나예요.
function tell(message, kind = "") {
  const banner = $("banner");
  banner.hidden = !message;
  banner.firstElementChild.textContent = message;
  banner.lastElementChild.hidden = kind !== "reload";
  banner.dataset.kind = kind;
  place();
}

const quiet = (kind) => $("banner").dataset.kind === kind && tell("");

async function look() {
  if (!page || busy || queue.length || document.hidden) return;
  const lesson = page.lesson;
  try {
    const { body } = await ask(`/api/lesson/${lesson}/states`);
    if (!page || page.lesson !== lesson || busy || queue.length) return;
    const fresh = body.states.length !== states.size || body.states.some((state) => states.get(state.id)?.key !== state.key);
    snippets = body.snippets;
    quiet("network");
    if (fresh) tell("새로 채점된 답이 있어요.", "reload");
    else {
      for (const state of body.states) accept(state);
      if (body.trouble) tell(body.trouble, "trouble");
      else quiet("trouble");
    }
    refresh();
  } catch (error) {
    tell(error.status ? error.message : "채점 화면의 서버와 이어지지 않아요. 터미널에서 `python3 course.py mark`를 다시 열어 주세요.", "network");
  }
}

// -- 점수 주기 --

const of = (card) => card.ids.map((id) => view.get(id));

// `change(상태)`가 주는 대로 카드의 모든 답을 바꿔요. `step`이 같은 것이 이어지면 한 번에 되돌려요.
function change(card, make, step = null) {
  const before = new Map(card.ids.map((id) => [id, wanted(view.get(id))]));
  const to = new Map(card.ids.map((id) => [id, { ...before.get(id), ...make(view.get(id)) }]));
  if (card.ids.every((id) => JSON.stringify(before.get(id)) === JSON.stringify(to.get(id)))) return;
  card.message = "";
  const last = history.at(-1);
  if (!step || !last || last.step !== step) history.push({ ids: card.ids, before, step });
  submit(card.ids, to);
}

function submit(ids, to) {
  for (const id of ids) view.set(id, { ...view.get(id), ...to.get(id) });
  queue.push({ ids, to });
  refresh();
  send();
}

const act = {
  choose: (card) => card !== current && select(card, false),
  mark(card, score) {
    change(card, (state) => ({ score, review: false, rubric: score === null ? [] : state.rubric }));
    say(score === null ? "점수를 지웠어요" : points(score));
  },
  half(card) {
    const [first] = of(card);
    if (first.score === null) return;
    act.mark(card, first.score % 1 ? Math.floor(first.score) : Math.min(page.max, first.score + 0.5));
  },
  keep: (card) => change(card, (state) => (isAgain(state) ? { review: false } : {})),
  toggle(card, n) {
    const met = of(card)[0].rubric;
    const rubric = (met.includes(n) ? met.filter((other) => other !== n) : [...met, n]).sort();
    const score = rubric.reduce((sum, line) => sum + page.rubric[line].points, 0);
    change(card, () => ({ score, review: false, rubric }));
    say(`기준 ${n + 1} ${rubric.includes(n) ? "켬" : "끔"}, ${points(score)}`);
  },
  say(card, comment) {
    change(card, () => ({ comment }));
    card.comment.value = comment;
  },
  writing(card) {
    select(card, false);
    card.session = Symbol();
  },
  typed(card) {
    clearTimeout(typing?.timer);
    typing = { card, timer: setTimeout(act.wrote, TYPING, card) };
  },
  wrote(card) {
    if (typing?.card !== card) return;
    clearTimeout(typing.timer);
    typing = null;
    change(card, () => ({ comment: card.comment.value }), card.session);
  },
  split(card) {
    for (const id of card.ids) split.add(id);
    const [first] = card.ids;
    build();
    select(cards.find((other) => other.ids.includes(first)));
  },
};

function undo() {
  if (typing) act.wrote(typing.card);
  const last = history.pop();
  if (!last) return;
  submit(last.ids, last.before);
  const card = cards.find((other) => other.ids.includes(last.ids[0]));
  if (card) {
    card.comment.blur();
    select(card);
  }
  say("되돌렸어요");
}

// -- 화면 --

const progress = (one) => `${one.title} (${one.done} / ${one.answers}${one.again ? `, 다시 ${one.again}` : ""})`;
const say = (text) => ($("say").textContent = text);

function build() {
  const box = $("answers");
  box.replaceChildren();
  cards = [];
  let crowds = 0;
  for (const crowd of page.crowds) {
    const members = crowd.flatMap(({ ids, texts }) => (ids.some((id) => split.has(id)) ? ids.map((id) => ({ ids: [id], texts })) : [{ ids, texts }]));
    const section = make("section", { className: "crowd" });
    if (members.length > 1) {
      crowds += 1;
      section.append(make("h2", { textContent: `비슷한 답 무리 ${crowds} · ${members.reduce((sum, member) => sum + member.ids.length, 0)}명` }));
    }
    for (const { ids, texts } of members) {
      const card = new Card(ids, texts, cards.length + 1, page, act);
      card.crowd = section;
      cards.push(card);
      section.append(card.element);
    }
    box.append(section);
  }
  if (page.blanks.length) {
    const names = make("p", { id: "blanks" });
    box.append(make("details", { className: "card" }, make("summary", { textContent: `빈 답 ${page.blanks.length}개 · 답이 없어 0점이에요` }), names));
  }
  if (!cards.length) box.prepend(make("p", { className: "card", textContent: "채점할 답이 없어요." }));
  refresh();
}

function refresh() {
  for (const card of cards) {
    const known = of(card);
    if (!known.every(Boolean)) continue;
    card.show(known, { hidden, snippets: card === current ? snippets : [] });
    card.element.hidden = filter && card !== current && known.every(isDone);
  }
  for (const section of document.querySelectorAll(".crowd")) section.hidden = [...section.querySelectorAll(".card")].every((one) => one.hidden);
  const all = [...view.values()], done = all.filter(isDone).length, again = all.filter(isAgain).length;
  $("progress").max = all.length || 1;
  $("progress").value = done;
  $("progress-text").textContent = `${done} / ${all.length} 채점함${again ? ` · 다시 볼 답 ${again}` : ""}`;
  const option = $("lessons").selectedOptions[0];
  if (option && page) option.textContent = progress({ title: page.title, done, answers: all.length, again });
  $("undo").disabled = !history.length;
  $("filter").setAttribute("aria-pressed", filter);
  $("names").setAttribute("aria-pressed", hidden);
  const blanks = $("blanks");
  if (blanks) blanks.textContent = hidden ? "이름을 숨기고 있어요." : page.blanks.join(", ");
  const met = current ? of(current)[0].rubric : [];
  [...$("rubric").querySelectorAll("button")].forEach((button, n) => {
    button.setAttribute("aria-pressed", met.includes(n));
    button.disabled = !current;
  });
}

function select(card, focus = true) {
  if (!card) return;
  current?.element.removeAttribute("aria-current");
  current = card;
  card.element.setAttribute("aria-current", "true");
  refresh();
  if (!focus) return;
  card.element.focus({ preventScroll: true });
  card.element.scrollIntoView({ block: card.element.offsetHeight > innerHeight / 2 ? "start" : "nearest" });
}

const shown = () => cards.filter((card) => card === current || !(filter && of(card).every(isDone)));

function move(step) {
  const list = shown(), at = list.indexOf(current);
  select(list[Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + step))]);
}

function moveCrowd(step) {
  const list = shown(), at = list.indexOf(current);
  const ahead = step > 0 ? list.slice(at + 1) : list.slice(0, Math.max(at, 0)).reverse();
  const found = ahead.find((card) => card.crowd !== current?.crowd);
  select(found && list.find((card) => card.crowd === found.crowd));
}

function next() {
  const at = cards.indexOf(current);
  const card = [...cards.slice(at + 1), ...cards.slice(0, at + 1)].find((one) => !of(one).every(isDone));
  if (card) select(card);
  else say("모두 채점했어요");
}

function place() {
  document.documentElement.style.setProperty("--top", `${$("top").offsetHeight}px`);
}

function fill() {
  $("prompt").innerHTML = page.prompt; // 셋 다 레슨의 원본에서 우리가 쓴 글이에요.
  $("sample").innerHTML = page.sample;
  $("rubric").replaceChildren(
    ...page.rubric.map((line, n) => {
      const text = make("span");
      text.innerHTML = line.text;
      return make("li", {}, make("button", { type: "button", onclick: () => current && act.toggle(current, n) }, make("b", { textContent: `${n + 1} · ${points(line.points)}` }), text));
    }),
  );
  document.title = `${page.title} · 서술형 채점`;
}

async function open(lesson) {
  if (queue.length || typing) await new Promise((resolve) => setTimeout(resolve, TYPING * 2));
  $("answers").replaceChildren(make("p", { className: "soft", textContent: "답을 읽고 있어요 …" }));
  try {
    const { body } = await ask(`/api/lesson/${lesson}`);
    page = body;
    states = new Map(body.states.map((state) => [state.id, state]));
    view = new Map(states);
    snippets = body.snippets;
    [queue, history, current, split] = [[], [], null, new Set()];
    tell(body.trouble, "trouble");
    fill();
    build();
    const first = cards.find((card) => !of(card).every(isDone)) ?? cards[0];
    if (first) select(first);
    scrollTo(0, 0);
  } catch (error) {
    $("answers").replaceChildren();
    tell(error.message || "열지 못했어요.");
  }
}

async function begin() {
  $("help-keys").replaceChildren(...KEYS.flatMap(([key, what]) => [make("dt", {}, make("kbd", { textContent: key })), make("dd", { textContent: what })]));
  if (matchMedia("(max-width: 860px)").matches) $("sample-box").open = false;
  try {
    const { body } = await ask("/api/lessons");
    $("practice").hidden = !body.practice;
    place();
    $("lessons").replaceChildren(
      ...body.lessons.map((one) => make("option", { value: one.lesson, textContent: progress(one) })),
    );
    const asked = decodeURIComponent(location.hash.slice(1));
    const chosen = body.lessons.find((one) => one.lesson === asked) ?? body.lessons.find((one) => one.done < one.answers) ?? body.lessons[0];
    if (!chosen) $("answers").replaceChildren();
    if (!chosen) return tell("서술형 답이 아직 하나도 없어요. 제출물을 모아 `python3 course.py grade`를 먼저 해 주세요.");
    if (asked && chosen.lesson !== asked) tell("그 레슨에는 아직 답이 없어서 다른 레슨을 열었어요.");
    $("lessons").value = chosen.lesson;
    await open(chosen.lesson);
  } catch (error) {
    tell(error.message || "열지 못했어요.");
  }
}

// -- 단축키. 한글 자판이어도 되게 글자가 아니라 자리(code)로 알아봐요 --

function digit(event) {
  return /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  if (event.target.matches("textarea")) {
    if (event.key === "Escape") {
      event.target.blur();
      current?.element.focus({ preventScroll: true });
      event.preventDefault();
    }
    return;
  }
  if (event.target.matches("select") || (event.target.matches("button, summary") && ["Enter", "Space"].includes(event.code))) return;
  const number = digit(event), ready = rubricNext;
  rubricNext = false;
  const keys = {
    KeyJ: () => move(1), ArrowDown: () => move(1), KeyK: () => move(-1), ArrowUp: () => move(-1), KeyN: next, Enter: next,
    KeyG: () => moveCrowd(event.shiftKey ? -1 : 1), KeyU: undo, KeyF: toggleFilter, KeyH: toggleNames,
    KeyC: () => current?.comment.focus(),
    KeyX: () => current && current.ids.length > 1 && act.split(current), Period: () => current && act.half(current),
    NumpadDecimal: () => current && act.half(current), Equal: () => current && act.keep(current),
    Delete: () => current && act.mark(current, null), Backspace: () => current && act.mark(current, null),
    KeyR: () => ((rubricNext = true), say("기준의 번호를 눌러요")),
  };
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) $("help").showModal();
  else if (number !== undefined && current) {
    const value = Number(number);
    if ((ready || event.shiftKey) && value >= 1 && value <= page.rubric.length) act.toggle(current, value - 1);
    else if (!ready && !event.shiftKey && value <= page.max) act.mark(current, value);
  } else if (keys[event.code]) keys[event.code]();
  else return;
  event.preventDefault();
}

function toggleFilter() {
  filter = !filter;
  refresh();
}

function toggleNames() {
  hidden = !hidden;
  sessionStorage.setItem("hidden", hidden ? "yes" : "no");
  refresh();
}

addEventListener("keydown", press);
addEventListener("resize", place);
addEventListener("focus", look);
addEventListener("beforeunload", (event) => (queue.length || typing) && event.preventDefault());
addEventListener("pagehide", () => {
  if (typing) act.wrote(typing.card);
  for (const job of busy ? queue.slice(1) : queue) put(page.lesson, job, true).catch(() => {});
});
document.addEventListener("visibilitychange", look);
setInterval(look, POLL);
$("filter").onclick = toggleFilter;
$("names").onclick = toggleNames;
$("undo").onclick = undo;
$("help-open").onclick = () => $("help").showModal();
$("lessons").onchange = (event) => open(event.target.value);
$("banner").lastElementChild.onclick = () => open(page.lesson);
place();
begin();
