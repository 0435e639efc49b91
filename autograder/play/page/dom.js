// 화면의 조각을 만드는 짧은 도우미들. 글은 언제나 textContent로만 담아요.
export const $ = (id) => document.getElementById(id);

export function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") element.textContent = value;
    else if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

export function draw(tag, options = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export const percent = (weight) => `${Math.round(weight * 100)}%`;
export const number = (value, digits = 1) => (value < 0 ? "−" : "") + Math.abs(value).toFixed(digits);
export const short = (text, most) => ([...text].length > most ? [...text].slice(0, most - 1).join("") + "…" : text);
// 글이 화면에서 차지할 너비의 어림(em): 한글은 한 칸, 나머지는 반 칸 남짓이에요.
export const wide = (text) => [...text].reduce((sum, letter) => sum + (letter >= "\u1100" ? 1 : 0.58), 0);

// 화살표로 옮겨 다니는 단추들. 하나만 Tab에 걸려요.
export function roving(buttons, columns, choose) {
  const stop = (chosen) => buttons.forEach((button, i) => { button.tabIndex = i === chosen ? 0 : -1; });
  buttons.forEach((button, i) => button.addEventListener("keydown", (event) => {
    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -i, End: buttons.length - 1 - i };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const to = Math.min(Math.max(i + moves[event.key], 0), buttons.length - 1);
    buttons[to].focus();
    choose(to);
  }));
  return stop;
}
