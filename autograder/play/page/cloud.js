// 임베딩 지도. 한글 조각은 동그라미, 다른 글자의 조각은 마름모이고, 지금 문장의 조각은 크게 밝혀요.
import { $, draw, make, wide } from "./dom.js";

const HANGUL = /[가-힣]/, MARGIN = 26, NEAR = 28;

export class Cloud {
  constructor() {
    this.points = [];
    this.lit = new Map();
    this.focus = null;
    const sky = $("sky");
    sky.addEventListener("pointermove", (event) => this.hover(event));
    sky.addEventListener("pointerdown", (event) => this.hover(event));
    sky.addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.look(null)); // 손가락은 떼어도 그대로 둬요.
    sky.addEventListener("keydown", (event) => this.key(event));
    sky.addEventListener("blur", () => this.look(null));
    $("find").addEventListener("input", () => this.find($("find").value.trim()));
    new ResizeObserver(() => this.points.length && this.show()).observe(sky);
  }

  set(points) {
    this.points = points;
    $("cloud").hidden = points.length === 0;
    $("cloud-words").replaceChildren(...points.map((point) => make("option", { value: point.text })));
    this.show();
  }

  // 지금 문장의 조각들. 지도에 없는 것은 아래에 글로 적어요.
  light(source, target) {
    this.lit = new Map();
    const off = new Set(), known = new Set(this.points.map((point) => point.id));
    for (const [side, pieces] of [["source", source], ["target", target]]) {
      for (const piece of pieces) {
        if (piece.word < 0) continue;
        if (known.has(piece.id)) this.lit.set(piece.id, side);
        else off.add(piece.text);
      }
    }
    $("off-map").textContent = this.points.length && off.size ? `지도에 없는 조각: ${[...off].join(" ")} (단어의 가운데 조각이거나 드물어요)` : "";
    this.show();
  }

  show() {
    const sky = $("sky");
    if (!this.points.length || !sky.clientWidth) return; // 아직 보이지 않으면 첫 문장이 올 때 그려요.
    const width = sky.clientWidth - 2, height = Math.round(Math.min(Math.max(width * 0.58, 380), 640));
    const size = width < 600 ? 11.5 : width > 1500 ? 16 : 13;
    this.width = width;
    this.height = height;
    const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `조각 ${this.points.length}개의 지도` });
    const places = this.points.map((point) => ({ x: MARGIN + point.x * (width - 2 * MARGIN), y: MARGIN + (1 - point.y) * (height - 2 * MARGIN) }));
    this.places = places;
    const order = this.points.map((_, i) => i).sort((a, b) => this.lit.has(this.points[b].id) - this.lit.has(this.points[a].id));
    const taken = [], dots = [], labels = [];
    for (const i of order) {
      const point = this.points[i], { x, y } = places[i], side = this.lit.get(point.id), r = side ? 6.5 : 3;
      const shape = HANGUL.test(point.text) ? draw("circle", { cx: x, cy: y, r }) : draw("path", { d: `M${x} ${y - r * 1.2}L${x + r * 1.2} ${y}L${x} ${y + r * 1.2}L${x - r * 1.2} ${y}Z` });
      shape.setAttribute("class", `dot ${side ?? (HANGUL.test(point.text) ? "hangul" : "other")}${side ? " lit" : ""}`);
      (side ? labels : dots).push(shape);
      const em = side ? size * 1.25 : size, w = wide(point.text) * em, box = [x - w / 2 - 2, y - em - r - 3, x + w / 2 + 2, y - r];
      if (side || (box[0] > 0 && box[2] < width && box[1] > 0 && !taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]))) {
        taken.push(box);
        const clamped = Math.min(Math.max(x, w / 2 + 2), width - w / 2 - 2);
        const label = draw("text", { x: clamped, y: y - r - 3, "font-size": em, class: side ? `label lit ${side}` : "label", text: point.text });
        (side ? labels : dots).push(label);
      }
    }
    this.over = draw("g", { class: "over" });
    svg.append(...dots, ...labels, this.over);
    sky.replaceChildren(svg);
    this.look(this.focus);
  }

  hover(event) {
    if (!this.places) return;
    const box = $("sky").getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, least = NEAR ** 2;
    this.places.forEach((place, i) => {
      const far = (place.x - x) ** 2 + (place.y - y) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    this.look(best);
  }

  key(event) {
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (!(event.key in moves) || !this.places) return;
    event.preventDefault();
    const [dx, dy] = moves[event.key], from = this.focus === null ? { x: this.width / 2, y: this.height / 2 } : this.places[this.focus];
    let best = this.focus, least = Infinity;
    this.places.forEach((place, i) => {
      const along = (place.x - from.x) * dx + (place.y - from.y) * dy, aside = Math.abs((place.x - from.x) * dy) + Math.abs((place.y - from.y) * dx);
      const cost = along + 2.5 * aside;
      if (i !== this.focus && along > 1 && cost < least) [best, least] = [i, cost];
    });
    this.look(best);
  }

  find(word) {
    const at = this.points.findIndex((point) => point.text === word);
    if (at >= 0) this.look(at);
    else if (word) $("near").textContent = `‘${word}’ 조각은 지도에 없어요.`;
  }

  // 점 하나와 그 이웃들을 이어요.
  look(i) {
    this.focus = i;
    if (!this.over) return;
    if (i === null || !this.points[i]) {
      this.over.replaceChildren();
      $("near").textContent = "점에 손을 올리거나 화살표로 옮기면 원래의 공간에서 가장 가까운 조각들을 말해 줘요.";
      return;
    }
    const point = this.points[i], at = this.places[i], size = this.width > 1500 ? 19 : 15;
    const lines = point.near.map((n) => draw("line", { x1: at.x, y1: at.y, x2: this.places[n].x, y2: this.places[n].y }));
    const name = (n, kind) => {
      const place = this.places[n], half = (wide(this.points[n].text) * size) / 2;
      return draw("text", { x: Math.min(Math.max(place.x, half + 2), this.width - half - 2), y: place.y < 30 ? place.y + 22 : place.y - 10, "font-size": size, class: kind, text: this.points[n].text });
    };
    this.over.replaceChildren(...lines, ...point.near.map((n) => draw("circle", { cx: this.places[n].x, cy: this.places[n].y, r: 5, class: "neighbour" })),
      draw("circle", { cx: at.x, cy: at.y, r: 8, class: "here" }), ...point.near.map((n) => name(n, "neighbour-name")), name(i, "here-name"));
    $("near").textContent = `‘${point.text}’에 가까운 조각: ${point.near.map((n, k) => `${this.points[n].text} ${point.cosine[k].toFixed(2)}`).join(", ")} (코사인)`;
  }
}
