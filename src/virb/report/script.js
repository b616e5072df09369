"use strict";
(function () {
  const root = document.documentElement;

  // A link to a record opens it.
  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", reveal);
  reveal();

  // Each quadrant shows one way of reading at a time. Without this script it shows them all.
  function choose(choice) {
    for (const view of choice.closest("section").querySelectorAll(".view")) view.hidden = view.id !== choice.value;
  }
  for (const choice of document.querySelectorAll(".views input")) {
    choice.addEventListener("change", function () { choose(choice); });
    if (choice.checked) choose(choice);
  }

  // Runs of a recipe unfold below their mean. Without this script they are all shown.
  for (const fold of document.querySelectorAll("button[data-block]")) {
    const runs = document.querySelectorAll('[data-of="' + fold.dataset.block + '"]');
    const turn = function (open) {
      fold.setAttribute("aria-expanded", String(open));
      for (const run of runs) run.hidden = !open;
    };
    fold.addEventListener("click", function () { turn(fold.getAttribute("aria-expanded") !== "true"); });
    turn(false);
  }

  const source = document.getElementById("figure-data");
  if (!source) return;

  // Colours are CSS variables, so that one figure serves light and dark.
  function figures() {
    const style = getComputedStyle(root);
    return JSON.parse(source.textContent, function (key, value) {
      const name = /color$/.test(key) && /^var\((--[a-z]+)\)$/.exec(value);
      return name ? style.getPropertyValue(name[1]).trim() : value;
    });
  }

  function draw(plot, figure) {
    figure.layout.font.family = getComputedStyle(document.body).fontFamily;
    Plotly.react(plot, figure.data, figure.layout, { displayModeBar: false, responsive: true });
  }

  const drawn = new Set();
  let current = figures();
  function show(plot) {
    seen.unobserve(plot);
    drawn.add(plot);
    draw(plot, current[plot.dataset.figure]);
  }
  // Panels are drawn when they come near: a study has dozens.
  const seen = new IntersectionObserver(function (entries) {
    for (const entry of entries) if (entry.isIntersecting) show(entry.target);
  }, { rootMargin: "400px" });
  for (const plot of document.querySelectorAll(".plot")) seen.observe(plot);

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    current = figures();
    for (const plot of drawn) draw(plot, current[plot.dataset.figure]);
  });

  addEventListener("beforeprint", function () {
    for (const plot of document.querySelectorAll(".view:not([hidden]) .plot")) if (!drawn.has(plot)) show(plot);
  });

})();
