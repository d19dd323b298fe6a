
"use strict";
// Sliders: one frame at a time; those of one link move together.
const sliders = [...document.querySelectorAll(".slider")].map((box) => {
  const frames = [...box.querySelectorAll(".frames > li")];
  const range = box.querySelector("input"), said = box.querySelector("output"), button = box.querySelector("button");
  return { box, frames, range, said, button, link: box.dataset.link, timer: 0 };
});
function show(slider, at) {
  slider.frames.forEach((frame, k) => frame.classList.toggle("now", k === at));
  const label = slider.frames[at].querySelector(".label").textContent;
  slider.range.value = at;
  slider.range.setAttribute("aria-valuetext", label);
  slider.said.textContent = label;
}
function move(slider, at) {
  for (const other of sliders) if (other === slider || (slider.link && other.link === slider.link)) show(other, at);
}
function stop(slider) {
  clearInterval(slider.timer);
  slider.timer = 0;
  slider.button.textContent = "▶";
  slider.button.setAttribute("aria-label", "Play");
}
function play(slider) {
  const last = slider.frames.length - 1;
  if (Number(slider.range.value) >= last) move(slider, 0);
  slider.button.textContent = "❚❚";
  slider.button.setAttribute("aria-label", "Pause");
  slider.timer = setInterval(() => {
    const next = Math.min(Number(slider.range.value) + 1, last);
    move(slider, next);
    if (next === last) stop(slider);
  }, 220);
}
for (const slider of sliders) {
  slider.box.classList.add("live");
  slider.box.querySelector(".controls").hidden = false;
  slider.range.addEventListener("input", () => { stop(slider); move(slider, Number(slider.range.value)); });
  slider.button.addEventListener("click", () => (slider.timer ? stop(slider) : play(slider)));
  show(slider, Number(slider.box.dataset.start));
}
