// 빔 서치의 나무: 스텝마다 늘려 본 후보와 살아남은 길. 넓은 화면에서는 옆으로, 좁은 화면에서는 아래로 자라요.
import { $, draw, make, number, short } from "./dom.js";

const NARROW = 700, SPARE = 3; // 잘린 후보는 스텝마다 셋까지만 그려요.

export class Tree {
  constructor() {
    this.clear();
    $("step").addEventListener("input", () => this.show(Number($("step").value)));
    $("back").addEventListener("click", () => this.show(this.at - 1));
    $("next").addEventListener("click", () => this.show(this.at + 1));
    new ResizeObserver(() => this.steps.length && this.show(this.at)).observe($("tree"));
  }

  clear() {
    this.steps = [];
    this.lanes = null;
    this.at = 0;
    $("tree").replaceChildren();
    $("ended").replaceChildren();
    $("step-text").textContent = "";
  }

  grow(step) {
    this.steps.push(step.rows);
    this.show(this.steps.length);
  }

  done(lanes, score, text) {
    this.lanes = lanes;
    this.winner = text;
    const ended = this.steps.flatMap((rows) => rows.flat().filter((one) => one.final !== null));
    ended.sort((a, b) => b.final - a.final);
    $("ended").replaceChildren(...ended.slice(0, 4).map((one, i) => make("li", { class: i ? "" : "won" },
      make("span", { text: one.text || "(빈 문장)" }), make("span", { class: "score", text: number(one.final, 2) }))));
    this.show(this.steps.length);
  }

  // 앞의 몇 스텝까지 그릴지
  show(at) {
    const last = this.steps.length;
    this.at = Math.min(Math.max(at, 1), last);
    $("step").max = last;
    $("step").value = this.at;
    $("back").disabled = this.at <= 1;
    $("next").disabled = this.at >= last;
    $("step-text").textContent = `${this.at} / ${last}스텝`;
    $("tree").replaceChildren(this.picture());
    const scroller = $("tree");
    if (this.lit.length && scroller.scrollWidth > scroller.clientWidth) {
      scroller.scrollLeft = Math.max(0, this.lit.at(-1).x - scroller.clientWidth * 0.7);
    }
  }

  nodes() {
    const levels = [[{ piece: "시작", score: 0, level: 0, lane: 0, kept: true, parent: null }]];
    for (let t = 0; t < this.at; t++) {
      const before = levels[t].filter((node) => node.kept), kept = [], rest = [];
      this.steps[t].forEach((row, r) => row.forEach((one) => {
        const node = { ...one, level: t + 1, parent: before.find((node) => node.lane === r), kept: one.to >= 0, lane: one.to };
        (node.kept ? kept : rest).push(node);
      }));
      rest.sort((a, b) => (b.final !== null) - (a.final !== null) || b.score - a.score);
      const shown = rest.slice(0, Math.max(SPARE, rest.filter((one) => one.final !== null).length));
      shown.forEach((node, i) => { node.spare = i; });
      levels.push([...kept, ...shown]);
    }
    return levels;
  }

  // 밝힐 길: 끝까지 보았으면 고른 문장, 아니면 지금 으뜸인 후보
  path(levels) {
    let node;
    const complete = this.lanes && this.at === this.steps.length;
    if (complete) {
      const depth = this.lanes.length;
      node = levels[depth + 1]?.find((one) => one.final !== null && one.text === this.winner && one.parent?.lane === (this.lanes.at(-1) ?? 0))
        ?? levels[depth]?.find((one) => one.kept && one.lane === this.lanes[depth - 1]);
    } else node = levels[this.at].find((one) => one.kept && one.lane === 0);
    const lit = [];
    for (; node; node = node.parent) lit.unshift(node);
    return { lit, complete };
  }

  picture() {
    const levels = this.nodes(), { lit, complete } = this.path(levels);
    const width = $("tree").clientWidth || 900, tall = width < NARROW;
    const beam = Math.max(...levels.flat().filter((node) => node.kept).map((node) => node.lane)) + 1;
    const spares = Math.max(0, ...levels.flat().map((node) => (node.spare ?? -1) + 1));
    const place = tall ? this.down(width, beam, spares) : this.across(width, beam, spares, levels.length);
    for (const node of levels.flat()) Object.assign(node, place.at(node));
    const svg = draw("svg", { width: place.width, height: place.height, viewBox: `0 0 ${place.width} ${place.height}`, role: "img",
      "aria-label": `${this.at}스텝까지의 빔. ${complete ? "고른 문장" : "지금 으뜸"}: ${lit.slice(1).map((node) => node.piece).join(" ")}` });
    const onPath = new Set(lit), boxes = [], lines = [];
    for (const node of levels.flat()) {
      const state = onPath.has(node) ? (complete ? "won" : "lead") : node.kept ? "kept" : node.final !== null ? "finished" : "cut";
      if (node.parent) lines.push([state, draw("path", { class: `edge ${state}`, d: place.edge(node.parent, node) })]);
      boxes.push(this.box(node, state, place));
    }
    const order = ["cut", "finished", "kept", "lead", "won"];
    lines.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
    svg.append(...lines.map(([, line]) => line), ...boxes);
    this.lit = lit;
    return svg;
  }

  across(width, beam, spares, levels) {
    const gap = Math.max(84, Math.min(132, (width - 20) / levels)), w = gap - 20, lane = 50, spare = 27;
    const height = beam * lane + spares * spare + 14;
    return {
      w, width: Math.max(width - 2, levels * gap + 12), height,
      at: (node) => ({ x: 8 + w / 2 + node.level * gap, y: node.kept ? 8 + lane * (node.lane + 0.5) : 10 + beam * lane + spare * (node.spare + 0.5) }),
      edge: (from, to) => {
        const x1 = from.x + w / 2, x2 = to.x - w / 2, bend = (x2 - x1) * 0.6;
        return `M${x1} ${from.y}C${x1 + bend} ${from.y} ${x2 - bend} ${to.y} ${x2} ${to.y}`;
      },
    };
  }

  // 좁은 화면: 스텝마다 한 줄. 잘린 것과 끝난 것은 그 줄 아래에 작게 놓아요.
  down(width, beam, spares) {
    const lane = Math.max(78, (width - 4) / beam), w = Math.min(lane - 8, 120), spare = Math.min(lane, (width - 4) / 3), lines = Math.ceil(spares / 3);
    const gap = 62 + 24 * lines;
    return {
      w, small: spare - 6, width: Math.max(width - 2, lane * beam + 4), height: this.at * gap + 62 + 24 * lines,
      at: (node) => node.kept
        ? { x: 2 + lane * (node.lane + 0.5), y: 24 + node.level * gap }
        : { x: 2 + spare * ((node.spare % 3) + 0.5), y: 24 + node.level * gap + 34 + 24 * Math.floor(node.spare / 3) },
      edge: (from, to) => {
        if (!to.kept && to.final === null) return ""; // 좁은 화면에서는 잘린 것까지 이으면 길이 보이지 않아요.
        const y1 = from.y + 19, y2 = to.y - (to.kept ? 19 : 11), bend = (y2 - y1) * 0.5;
        return `M${from.x} ${y1}C${from.x} ${y1 + bend} ${to.x} ${y2 - bend} ${to.x} ${y2}`;
      },
    };
  }

  box(node, state, place) {
    const { x, y } = node, { w } = place, full = node.final !== null && node.final !== undefined;
    const score = full ? number(node.final, 2) : number(node.score);
    const group = draw("g", { class: `node ${state}` });
    group.append(draw("title", { text: `${node.piece} ${score}${full ? ` · ${node.text}` : ""}` }));
    if (node.kept) {
      group.append(draw("rect", { x: x - w / 2, y: y - 19, width: w, height: 38, rx: 8 }),
        draw("text", { x, y: y - 3, class: "name", text: short(node.piece, Math.floor(w / 9)) }),
        draw("text", { x, y: y + 13, class: "number", text: node.level ? score : "" }));
    } else {
      const width = place.small ?? w;
      group.append(draw("rect", { x: x - width / 2, y: y - 11, width, height: 22, rx: 6 }),
        draw("text", { x, y: y + 4, class: "small", text: `${full ? "끝" : short(node.piece, Math.max(4, Math.floor(width / 9) - 4))} ${score}` }));
    }
    return group;
  }
}
