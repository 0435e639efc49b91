// 원문과 번역의 조각들. 조각 하나에 눈길을 주면 그 조각이 보는 곳을 선과 짙기로 이어요.
import { $, draw, make, percent } from "./dom.js";

const LINE = 0.05; // 이보다 적게 보는 곳은 선을 긋지 않아요.
const KINDS = { encoder: "인코더", decoder: "디코더", cross: "크로스" };

export class Words {
  constructor(attention) {
    this.attention = attention; // heads.js의 Attention: 지금 고른 층과 헤드의 가중치를 줘요.
    this.focus = null;
    const watch = (event, gone) => {
      const chip = event.target.closest?.(".piece");
      if (chip && !gone) this.look(chip.dataset.side, Number(chip.dataset.index));
      else if (gone && !$("stage").contains(document.activeElement)) this.look(null);
    };
    $("stage").addEventListener("pointerover", (event) => watch(event, false));
    $("stage").addEventListener("pointerleave", (event) => event.pointerType === "touch" || watch(event, true));
    $("stage").addEventListener("focusin", (event) => watch(event, false));
    $("stage").addEventListener("focusout", (event) => $("stage").contains(event.relatedTarget) || this.look(null));
    $("stage").addEventListener("keydown", (event) => this.move(event));
    new ResizeObserver(() => this.paint()).observe($("stage"));
  }

  read(event) {
    this.source = event.pieces;
    this.target = [];
    this.focus = null;
    const groups = event.words.map((word) => make("span", { class: word.unknown ? "word unknown" : "word" }));
    event.pieces.forEach((piece, i) => {
      const chip = this.chip(piece.text, "source", i, piece.word < 0);
      if (groups[piece.word]) groups[piece.word].append(chip);
      else groups.push(make("span", { class: "word" }, chip));
    });
    for (const [i, word] of event.words.entries()) {
      if (word.unknown) groups[i].append(make("span", { class: "unknown-mark", text: "없던 단어" }));
    }
    $("source").replaceChildren(...groups);
    $("target").replaceChildren(make("span", { class: "cursor" }));
    this.note(event.note && `${event.note}. 배운 적이 없어서 이 자리의 번역은 지어낸 것일 수 있어요.`);
    $("looking").textContent = "";
    this.paint();
  }

  note(text) {
    $("note").textContent = text;
    $("note").hidden = !text;
  }

  grow(lead) {
    const chips = lead.map((text) => make("span", { class: "word" }, make("span", { class: "piece growing", text })));
    $("target").replaceChildren(...chips, make("span", { class: "cursor" }));
  }

  done(event, end) {
    this.target = [...event.pieces, { text: end, word: -1 }];
    const groups = [];
    this.target.forEach((piece, i) => {
      const chip = this.chip(piece.text, "target", i, piece.word < 0);
      if (i && piece.word >= 0 && piece.word === this.target[i - 1].word) groups.at(-1).append(chip);
      else groups.push(make("span", { class: "word" }, chip));
    });
    $("target").replaceChildren(...groups);
    $("target").setAttribute("aria-label", event.text);
    if (event.unsure) this.note("이 번역은 자신이 없어요. 배운 것과 다르게 이어진 문장이면 지어낸 것일 수 있어요.");
    this.tabs();
  }

  chip(text, side, index, end) {
    return make("button", { type: "button", class: end ? "piece end" : "piece", text, "data-side": side, "data-index": index, tabindex: -1 });
  }

  chips(side) { return [...$(side).querySelectorAll("button.piece")]; }

  // Tab에는 줄마다 조각 하나만 걸리고, 그 안은 화살표로 옮겨 가요.
  tabs() {
    for (const side of ["source", "target"]) {
      const at = this.focus?.side === side ? this.focus.index : 0;
      this.chips(side).forEach((chip, i) => { chip.tabIndex = i === at ? 0 : -1; });
    }
  }

  move(event) {
    const chip = event.target.closest(".piece");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const across = { ArrowDown: "target", ArrowUp: "source" }[event.key];
    if (!chip || (!step && !across)) return;
    event.preventDefault();
    const chips = this.chips(across ?? chip.dataset.side);
    const at = Number(chip.dataset.index) + (step ?? 0);
    chips[Math.min(Math.max(at, 0), chips.length - 1)]?.focus();
  }

  look(side, index = 0) {
    this.focus = side ? { side, index } : null;
    if (side) this.tabs();
    this.paint();
    this.attention.point(this.focus);
  }

  // 눈길이 간 조각에서 다른 조각들로: [쪽, 자리, 가중치]들
  seen() {
    const { attention, focus } = this;
    if (!focus || !attention.maps || !this.target.length) return [];
    const found = [];
    const row = (kind, side, index, offset = 0) => attention.weights(kind)?.[index]?.forEach((w, i) => {
      if (i >= offset) found.push([side, i - offset, w, kind]);
    });
    if (focus.side === "source") {
      row("encoder", "source", focus.index);
      if (attention.kind !== "encoder") attention.weights("cross")?.forEach((weights, t) => found.push(["target", t, weights[focus.index], "cross"]));
    } else {
      row("cross", "source", focus.index);
      row("decoder", "target", focus.index, 1); // 디코더의 첫 칸은 시작 기호라 조각이 없어요.
    }
    return found;
  }

  paint() {
    const links = $("links"), box = $("stage").getBoundingClientRect();
    const places = { source: this.chips("source"), target: this.chips("target") };
    for (const chip of [...places.source, ...places.target]) {
      chip.style.removeProperty("--w");
      chip.classList.remove("lit", "deep", "focus");
    }
    const seen = this.seen(), lines = [];
    const origin = this.focus && places[this.focus.side][this.focus.index];
    if (origin) {
      origin.classList.add("focus");
      const from = origin.getBoundingClientRect();
      for (const [side, i, w] of seen) {
        const chip = places[side][i];
        if (!chip || !Number.isFinite(w)) continue;
        chip.style.setProperty("--w", Math.max(w, Number(chip.style.getPropertyValue("--w") || 0)));
        chip.classList.add("lit");
        chip.classList.toggle("deep", w > 0.45);
        if (w >= LINE && chip !== origin) lines.push(this.line(from, chip.getBoundingClientRect(), box, w, side));
      }
    }
    links.replaceChildren(...lines);
    if (!origin) { $("looking").textContent = ""; return; }
    const said = [];
    for (const [kind, side] of [["encoder", "source"], ["cross", this.focus.side === "source" ? "target" : "source"], ["decoder", "target"]]) {
      const best = seen.filter((one) => one[3] === kind && one[0] === side && one[2] >= LINE).sort((a, b) => b[2] - a[2]).slice(0, 3);
      if (best.length) {
        const lead = kind === "cross" && this.focus.side === "source" ? "이 조각을 본 번역" : `${KINDS[kind]} ${this.attention.named(kind)}`;
        said.push(`${lead}: ${best.map(([where, i, w]) => `${places[where][i]?.textContent} ${percent(w)}`).join(", ")}`);
      }
    }
    $("looking").textContent = `‘${origin.textContent}’ → ${said.join(" · ") || "뚜렷이 보는 곳이 없어요"}`;
  }

  line(from, to, box, w, side) {
    const x1 = from.left + from.width / 2 - box.left, x2 = to.left + to.width / 2 - box.left;
    const below = to.top > from.bottom - 2, above = to.bottom < from.top + 2;
    let path;
    if (below || above) {
      const y1 = (below ? from.bottom : from.top) - box.top, y2 = (below ? to.top : to.bottom) - box.top, bend = (y2 - y1) * 0.5;
      path = `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
    } else {
      const y = from.bottom - box.top, dip = 10 + Math.min(Math.abs(x2 - x1) * 0.12, 22);
      path = `M${x1} ${y}C${x1} ${y + dip} ${x2} ${y + dip} ${x2} ${y}`;
    }
    const line = draw("path", { d: path, class: side });
    line.style.strokeWidth = 0.8 + 4.2 * w;
    line.style.opacity = 0.25 + 0.75 * w;
    return line;
  }
}
