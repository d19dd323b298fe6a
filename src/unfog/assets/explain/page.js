
"use strict";
// Players: a slider, its button and what it shows, frames or steps of a walk; those of one link move together.
function player(box, labels, reveal) {
  const range = box.querySelector("input"), said = box.querySelector("output"), button = box.querySelector("button");
  box.querySelector(".controls").hidden = false;
  box.classList.add("live");
  return { range, said, button, labels, reveal, link: box.dataset.link, timer: 0 };
}
const text = (item) => item.textContent;
const players = [...document.querySelectorAll(".slider")].map((box) => {
  const frames = [...box.querySelectorAll(".frames > li")];
  const labels = frames.map((frame) => text(frame.querySelector(".label")));
  return player(box, labels, (at) => frames.forEach((frame, k) => frame.classList.toggle("now", k === at)));
});
for (const box of document.querySelectorAll(".space")) {
  const steps = [...box.querySelectorAll("[data-step]")];
  const labels = [...box.querySelectorAll(".labels li")].map(text);
  players.push(player(box, labels, (at) => {
    for (const step of steps) step.classList.toggle("later", Number(step.dataset.step) > at);
  }));
}
function show(one, at) {
  one.reveal(at);
  one.range.value = at;
  one.range.setAttribute("aria-valuetext", one.labels[at]);
  one.said.textContent = one.labels[at];
}
function move(one, at) {
  for (const other of players) if (other === one || (one.link && other.link === one.link)) show(other, at);
}
function stop(one) {
  clearInterval(one.timer);
  one.timer = 0;
  one.button.textContent = "▶";
  one.button.setAttribute("aria-label", "Play");
}
function play(one) {
  const last = one.labels.length - 1;
  if (Number(one.range.value) >= last) move(one, 0);
  one.button.textContent = "❚❚";
  one.button.setAttribute("aria-label", "Pause");
  one.timer = setInterval(() => {
    const next = Math.min(Number(one.range.value) + 1, last);
    move(one, next);
    if (next === last) stop(one);
  }, 220);
}
for (const one of players) {
  one.range.addEventListener("input", () => { stop(one); move(one, Number(one.range.value)); });
  one.button.addEventListener("click", () => (one.timer ? stop(one) : play(one)));
  show(one, Number(one.range.value));
}
// Spaces: every mark knows its points in space; turning projects them again (src/unfog/explain/space.py).
for (const box of document.querySelectorAll(".space")) {
  const view = Object.fromEntries(Object.entries(box.dataset).map(([name, value]) => [name, Number(value)]));
  const svg = box.querySelector("svg"), turn = box.querySelector(".turn");
  const marks = [...svg.querySelectorAll("[data-space]")].map((mark) => ({
    mark, spots: mark.dataset.space.split(" ").map((spot) => spot.split(",").map(Number)),
    head: mark.nextElementSibling && mark.nextElementSibling.dataset.head ? mark.nextElementSibling : null,
    dx: 0, dy: 0,
  }));
  const seen = ([red, green, blue]) => {
    const across = red * Math.cos(view.yaw) - green * Math.sin(view.yaw);
    const depth = red * Math.sin(view.yaw) + green * Math.cos(view.yaw);
    return [view.across + view.unit * across,
      view.middle - view.unit * (blue * Math.cos(view.pitch) + depth * Math.sin(view.pitch))];
  };
  for (const one of marks) if (one.mark.tagName === "text") {
    const [x, y] = seen(one.spots[0]);
    one.dx = Number(one.mark.getAttribute("x")) - x;
    one.dy = Number(one.mark.getAttribute("y")) - y;
  }
  const draw = () => {
    for (const { mark, spots, head, dx, dy } of marks) {
      const points = spots.map(seen), [x, y] = points[0];
      if (mark.tagName === "circle") { mark.setAttribute("cx", x); mark.setAttribute("cy", y); }
      else if (mark.tagName === "text") { mark.setAttribute("x", x + dx); mark.setAttribute("y", y + dy); }
      else mark.setAttribute("points", points.map((p) => p.map((c) => c.toFixed(1)).join()).join(" "));
      if (head) {
        const [x1, y1] = points[1], length = Math.hypot(x1 - x, y1 - y) || 1;
        const u = (x1 - x) / length, v = (y1 - y) / length, long = Math.min(Number(head.dataset.head), length);
        const wide = 0.42 * long, bx = x1 - long * u, by = y1 - long * v;
        head.setAttribute("points", `${x1},${y1} ${bx - wide * v},${by + wide * u} ${bx + wide * v},${by - wide * u}`);
      }
    }
  };
  const rotate = (yaw, pitch) => {
    view.yaw += yaw;
    view.pitch = Math.max(-1.5, Math.min(1.5, view.pitch + pitch));
    draw();
  };
  let held = null;
  turn.addEventListener("pointerdown", (e) => { held = [e.clientX, e.clientY]; turn.setPointerCapture(e.pointerId); });
  turn.addEventListener("pointermove", (e) => {
    if (!held) return;
    rotate((held[0] - e.clientX) * -0.01, e.pointerType === "touch" ? 0 : (e.clientY - held[1]) * 0.01);
    held = [e.clientX, e.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) turn.addEventListener(end, () => { held = null; });
  const keys = { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, -0.12], ArrowDown: [0, 0.12] };
  turn.addEventListener("keydown", (e) => {
    if (!keys[e.key]) return;
    e.preventDefault();
    rotate(...keys[e.key]);
  });
}
