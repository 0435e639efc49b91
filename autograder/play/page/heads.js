// 어텐션 지도: 모든 층과 헤드를 작게 늘어놓고 하나를 크게 봐요. 맨 왼쪽 칸은 그 층의 평균이에요.
import { $, make, percent, roving, wide } from "./dom.js";

const KINDS = {
  encoder: ["인코더", "원문의 조각(줄)이 원문의 어느 조각(칸)을 보며 뜻을 정했는지예요."],
  cross: ["크로스", "번역의 조각(줄)을 고를 때 원문의 어느 조각(칸)을 보았는지예요."],
  decoder: ["디코더", "번역의 조각(줄)을 고를 때 앞서 쓴 어느 조각(칸)을 보았는지예요. 아직 쓰지 않은 것은 볼 수 없어요."],
};
const AVERAGE = -1;

export class Attention {
  constructor(changed) {
    this.changed = changed;
    this.kind = "cross";
    this.chosen = {};
    this.maps = null;
    const buttons = Object.entries(KINDS).map(([kind, [name]]) =>
      make("button", { type: "button", role: "radio", text: name, "data-kind": kind, onclick: () => this.turn(kind) }));
    const names = Object.keys(KINDS);
    this.stop = roving(buttons, 1, (i) => this.turn(names[i]));
    $("kinds").replaceChildren(...buttons);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.maps && this.show());
    $("map").addEventListener("keydown", (event) => this.key(event));
    $("map").addEventListener("pointerover", (event) => {
      const cell = event.target.closest("td");
      if (cell) this.tell(Number(cell.dataset.row), Number(cell.dataset.column));
    });
    $("map").addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.tell());
    new ResizeObserver(() => this.maps && this.fit()).observe($("map"));
  }

  clear() {
    this.maps = null;
    $("attention").hidden = true;
  }

  set(maps, source, target, start) {
    this.maps = maps;
    const from = source.map((piece) => piece.text), to = target.map((piece) => piece.text);
    this.rows = { encoder: from, cross: to, decoder: to };
    this.columns = { encoder: from, cross: from, decoder: [start, ...to.slice(0, -1)] };
    for (const kind of Object.keys(KINDS)) {
      const layers = maps[kind].length;
      if (!this.chosen[kind] || this.chosen[kind].layer >= layers || this.chosen[kind].layer < 0) this.chosen[kind] = { layer: layers - 1, head: AVERAGE };
      else if (this.chosen[kind].head >= (maps[kind][this.chosen[kind].layer]?.length ?? 0)) this.chosen[kind].head = AVERAGE;
    }
    $("attention").hidden = false;
    this.show();
  }

  turn(kind) {
    this.kind = kind;
    this.show();
    this.changed();
  }

  matrix(kind, layer, head) {
    const heads = this.maps?.[kind]?.[layer];
    if (!heads?.length) return null;
    if (head !== AVERAGE) return heads[head];
    return heads[0].map((row, t) => row.map((_, s) => heads.reduce((sum, one) => sum + (one[t][s] ?? NaN), 0) / heads.length));
  }

  weights(kind) {
    const { layer, head } = this.chosen[kind] ?? {};
    return this.matrix(kind, layer, head);
  }

  named(kind) {
    const { layer, head } = this.chosen[kind];
    return `${layer + 1}층 ${head === AVERAGE ? "평균" : `${head + 1}번 헤드`}`;
  }

  show() {
    const { kind } = this, layers = this.maps[kind], heads = layers[0]?.length ?? 0;
    const names = Object.keys(KINDS);
    [...$("kinds").children].forEach((button) => button.setAttribute("aria-checked", button.dataset.kind === kind));
    this.stop(names.indexOf(kind));
    $("kind-help").textContent = heads ? KINDS[kind][1] : "이 모델에서는 이 어텐션을 엿볼 수 없어요.";
    const buttons = [], spots = [];
    const grid = $("grid");
    grid.replaceChildren();
    grid.style.setProperty("--heads", heads + 1);
    if (!heads) { $("map").replaceChildren(); $("head-title").textContent = ""; return; }
    grid.append(make("span"), ...[AVERAGE, ...Array(heads).keys()].map((h) => make("span", { class: "head-name", text: h === AVERAGE ? "평균" : `${h + 1}` })));
    layers.forEach((_, layer) => {
      grid.append(make("span", { class: "layer-name", text: `${layer + 1}층` }));
      for (let head = AVERAGE; head < heads; head++) {
        const canvas = make("canvas");
        this.fill(canvas, this.matrix(kind, layer, head));
        const button = make("button", { type: "button", class: "mini", "aria-label": this.describe(kind, layer, head), onclick: () => this.choose(layer, head) }, canvas);
        buttons.push(button);
        spots.push([layer, head]);
        grid.append(button);
      }
    });
    this.spots = spots;
    this.buttons = buttons;
    this.gridStop = roving(buttons, heads + 1, (i) => this.choose(...spots[i]));
    this.mark();
    this.enlarge();
  }

  choose(layer, head) {
    this.chosen[this.kind] = { layer, head };
    this.mark();
    this.enlarge();
    this.changed();
  }

  mark() {
    const { layer, head } = this.chosen[this.kind];
    const at = this.spots.findIndex(([l, h]) => l === layer && h === head);
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === at));
    this.gridStop(at);
  }

  // 글을 읽는 도구에 들려줄 한 줄: 그 헤드가 가장 자주 보는 곳
  describe(kind, layer, head) {
    const matrix = this.matrix(kind, layer, head), rows = this.rows[kind], columns = this.columns[kind];
    let best = [0, 0, -1];
    matrix.forEach((row, t) => row.forEach((w, s) => { if (w > best[2] && w < 0.9999) best = [t, s, w]; }));
    const name = `${layer + 1}층 ${head === AVERAGE ? "평균" : `${head + 1}번 헤드`}`;
    return best[2] < 0 ? name : `${name}, ${rows[best[0]]}에서 ${columns[best[1]]} ${percent(best[2])}`;
  }

  fill(canvas, matrix) {
    const rows = matrix.length, columns = matrix[0].length;
    canvas.width = columns;
    canvas.height = rows;
    const style = getComputedStyle(document.documentElement);
    const [low, high] = ["--map-low", "--map-high"].map((name) => style.getPropertyValue(name).trim().split(" ").map(Number));
    const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
    matrix.forEach((row, t) => row.forEach((w, s) => {
      const at = 4 * (t * columns + s), share = Number.isFinite(w) ? Math.min(Math.max(w, 0), 1) : 0;
      for (let i = 0; i < 3; i++) image.data[at + i] = low[i] + (high[i] - low[i]) * share;
      image.data[at + 3] = 255;
    }));
    context.putImageData(image, 0, 0);
  }

  enlarge() {
    const { kind } = this, { layer, head } = this.chosen[kind];
    const matrix = this.matrix(kind, layer, head), columns = this.columns[kind];
    $("head-title").textContent = `${KINDS[kind][0]} ${this.named(kind)}`;
    const top = make("tr", {}, make("td"), ...columns.map((text) => make("th", { scope: "col" }, make("span", { text }))));
    const body = this.rows[kind].map((text, t) => make("tr", {}, make("th", { scope: "row", text }), ...columns.map((_, s) => {
      const w = matrix[t]?.[s], cell = make("td", { "data-row": t, "data-column": s });
      if (Number.isFinite(w)) cell.style.setProperty("--w", w);
      return cell;
    })));
    $("map").replaceChildren(make("table", {}, make("thead", {}, top), make("tbody", {}, ...body)));
    this.cursor = null;
    this.fit();
    this.tell();
  }

  // 지도가 자리에 맞게 칸의 크기를 정해요. 아주 길면 칸을 더 줄이지 않고 밀어서 봐요.
  fit() {
    const names = this.rows[this.kind], longest = Math.max(...names.map(wide)), unit = parseFloat(getComputedStyle($("map")).fontSize);
    const left = $("map").clientWidth - longest * unit - 26, columns = this.columns[this.kind].length;
    $("map").style.setProperty("--cell", `${Math.min(Math.max(Math.floor(left / columns) - 2, 15), Math.floor(520 / names.length) + 8, 46)}px`);
  }

  // 지도의 칸 하나를 말해요. 칸이 없으면 고르는 법을 말해요.
  tell(row, column) {
    for (const one of $("map").querySelectorAll(".here")) one.classList.remove("here");
    if (row === undefined) {
      $("cell").textContent = "칸에 손을 올리거나 화살표로 옮기면 얼마나 보았는지 말해 줘요.";
      return;
    }
    const lines = $("map").querySelectorAll("tr"), line = lines[row + 1], cell = line?.children[column + 1];
    if (!cell) return;
    for (const one of [line.children[0], cell, lines[0].children[column + 1]]) one.classList.add("here");
    const w = this.weights(this.kind)[row][column];
    const seen = Number.isFinite(w) ? percent(w) : "볼 수 없어요";
    $("cell").textContent = `‘${this.rows[this.kind][row]}’ → ‘${this.columns[this.kind][column]}’ ${seen}`;
    this.cursor = [row, column];
    return cell;
  }

  key(event) {
    const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const [row, column] = this.cursor ?? [0, -1], [down, right] = moves[event.key];
    const to = [Math.max(row + down, 0), Math.max(column + right, 0)];
    if (to[0] < this.rows[this.kind].length && to[1] < this.columns[this.kind].length) this.tell(...to)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // 조각에 눈길이 가면 크게 본 지도에서도 그 줄과 칸을 짚어요.
  point(focus) {
    for (const one of $("map").querySelectorAll(".pointed")) one.classList.remove("pointed");
    if (!focus || !this.maps) return;
    const lines = [...$("map").querySelectorAll("tr")];
    const asks = { encoder: "source", cross: "target", decoder: "target" }[this.kind];
    if (focus.side === asks) lines[focus.index + 1]?.classList.add("pointed");
    else if (this.kind === "cross") for (const line of lines) line.children[focus.index + 1]?.classList.add("pointed");
  }
}
