// 답 카드 하나의 모양. 학습자의 글과 이름은 언제나 textContent로만 담아요.

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export const points = (value) => `${value}점`;

export const isDone = (state) => state.score !== null && !state.review;
export const isAgain = (state) => state.score !== null && state.review;

// 한 묶음의 상태가 모두 같으면 그것을, 다르면 null을 줘요.
function common(states, name) {
  const first = JSON.stringify(states[0][name]);
  return states.every((state) => JSON.stringify(state[name]) === first) ? states[0][name] : null;
}

export class Card {
  // `page`는 레슨의 화면(만점, 기준), `act`는 카드에서 할 수 있는 일들이에요.
  constructor(ids, texts, number, page, act) {
    Object.assign(this, { ids, number, page, act, message: "" });
    this.title = make("h3");
    this.state = make("span", { className: "badge state" });
    const head = make("header", {}, this.title);
    if (ids.length > 1) {
      head.append(make("span", { className: "badge", textContent: `같은 답 ${ids.length}명` }));
      head.append(make("button", { type: "button", textContent: "한 명씩 (x)", onclick: () => act.split(this) }));
    }
    head.append(this.state);
    const [text, ...others] = texts;
    this.element = make("article", { className: "card", tabIndex: -1, onclick: () => act.choose(this) }, head);
    this.element.append(make("pre", { className: "answer", textContent: text ?? "이 컴퓨터에서 답의 글을 찾지 못했어요. formgrader에서 볼 수 있어요." }));
    if (others.length) {
      const box = make("details", {}, make("summary", { textContent: `빈칸이나 조사만 다르게 적은 글 ${others.length}개` }));
      box.append(...others.map((other) => make("pre", { textContent: other })));
      this.element.append(box);
    }
    this.#addMarks();
    this.#addRubric();
    this.#addComment();
    this.note = make("p", { className: "note" });
    this.when = make("p", { className: "note when" });
    this.element.append(this.note, this.when);
  }

  #addMarks() {
    this.marks = [];
    const row = make("div", { className: "buttons", role: "group", ariaLabel: "점수" }, make("span", { textContent: "점수" }));
    for (let value = 0; value <= this.page.max; value += 1) {
      const button = make("button", { type: "button", className: "mark", textContent: value, ariaLabel: points(value), onclick: () => this.act.mark(this, value) });
      this.marks.push(button);
      row.append(button);
    }
    this.half = make("button", { type: "button", className: "mark", textContent: "½", ariaLabel: "반 점", onclick: () => this.act.half(this) });
    this.keep = make("button", { type: "button", textContent: "점수 그대로 (=)", hidden: true, onclick: () => this.act.keep(this) });
    this.wipe = make("button", { type: "button", textContent: "지우기", onclick: () => this.act.mark(this, null) });
    row.append(this.half, this.keep, this.wipe);
    this.element.append(row);
  }

  #addRubric() {
    this.lines = this.page.rubric.map((line, n) => {
      const said = make("span");
      said.innerHTML = line.text; // 우리가 쓴 기준이에요. 화면에는 글자만 써요.
      const label = `기준 ${n + 1}: ${said.textContent}`;
      return make("button", { type: "button", textContent: n + 1, title: said.textContent, ariaLabel: label, onclick: () => this.act.toggle(this, n) });
    });
    const row = make("div", { className: "buttons", role: "group", ariaLabel: "채점 기준" }, make("span", { textContent: "기준" }), ...this.lines);
    if (this.lines.length) this.element.append(row);
  }

  #addComment() {
    this.comment = make("textarea", {
      rows: 1, maxLength: 5000, placeholder: "의견 (c)", ariaLabel: "학습자에게 줄 의견",
      onfocus: () => this.act.writing(this), oninput: () => this.act.typed(this), onblur: () => this.act.wrote(this),
    });
    this.snippets = make("div", { className: "snippets", ariaLabel: "자주 쓴 의견" });
    this.element.append(make("div", { className: "more" }, this.comment, this.snippets));
  }

  name(states, hidden) {
    this.title.textContent = hidden ? `답 ${this.number}` : states.map((state) => state.student).join(", ");
  }

  // 지금의 상태를 보여요. 사람이 적고 있는 의견은 건드리지 않아요.
  show(states, { hidden, snippets }) {
    this.name(states, hidden);
    const score = common(states, "score"), rubric = common(states, "rubric") ?? [], comment = common(states, "comment");
    const done = states.every(isDone), again = states.some(isAgain);
    this.element.classList.toggle("done", done);
    this.element.classList.toggle("again", again);
    this.element.classList.toggle("said", Boolean(comment));
    const given = score === null ? "서로 다른 점수" : points(score);
    const none = states.every((state) => state.score === null);
    this.state.textContent = again ? `다시 볼 답 · 전 점수 ${given}` : none ? "아직" : done ? given : "일부만 채점";
    this.marks.forEach((button, value) => button.setAttribute("aria-pressed", score !== null && Math.floor(score) === value));
    this.half.setAttribute("aria-pressed", score !== null && score % 1 !== 0);
    this.half.disabled = score === null;
    this.keep.hidden = !again;
    this.wipe.disabled = none;
    this.lines.forEach((button, n) => button.setAttribute("aria-pressed", rubric.includes(n)));
    if (document.activeElement !== this.comment) this.comment.value = comment ?? "";
    this.comment.placeholder = comment === null ? "서로 다른 의견이 있어요. 적으면 모두에게 같은 의견이 돼요." : "의견 (c)";
    this.snippets.replaceChildren(
      ...snippets.filter((text) => text !== comment).map((text) => make("button", { type: "button", textContent: text, onclick: () => this.act.say(this, text) })),
    );
    const changed = states.filter((state) => isAgain(state)).map((state) => state.changed);
    const why = changed.includes(true) ? "점수를 준 뒤에 답이 바뀌었어요." : changed.length && !changed.includes(null) ? "다시 채점했지만 답의 글은 그대로예요." : "새로 채점한 답이에요.";
    this.note.textContent = this.message || (again ? why : "");
    this.note.classList.toggle("alert", Boolean(this.message));
    this.note.setAttribute("role", this.message ? "alert" : "none");
    const marked = states.find((state) => state.who);
    this.when.textContent = marked ? `${marked.who} · ${marked.at}` : none ? "" : "formgrader나 다른 곳에서 준 점수예요.";
  }
}
