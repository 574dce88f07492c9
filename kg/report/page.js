/* Draws the plots, switches the language, copies queries. Nothing leaves the page and nothing is remembered. */
(() => {
  "use strict";
  const root = document.documentElement;
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const plots = [...document.querySelectorAll(".plot")];
  const folds = [...document.querySelectorAll("#findings details")];
  const lang = () => (root.lang === "en" ? "en" : "zh");

  const ink = "var(--ink)", muted = "var(--muted)", line = "var(--line)";
  const font = getComputedStyle(document.body).fontFamily;
  const config = (narrow) => ({
    background: null, font, padding: { left: 2, right: 2, top: 2, bottom: 2 },
    view: { stroke: null },
    axis: {
      labelColor: muted, titleColor: muted, gridColor: line, domainColor: line, tickColor: line, gridOpacity: 0.7,
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400, labelLimit: narrow ? 170 : 240, labelPadding: 6,
    },
    axisY: { labelColor: ink },
    header: { labelColor: ink, labelFontSize: 13 },
    legend: { labelColor: ink, labelFontSize: 12, labelLimit: 240 },
    title: { color: ink, fontSize: 13, fontWeight: 600 },
    text: { color: ink, fill: ink, fontSize: 12 },
  });

  const named = (spec, name) => {
    if (!spec || typeof spec !== "object") return null;
    if (spec.name === name && "width" in spec) return spec;
    for (const part of Object.values(spec)) {
      const found = named(part, name);
      if (found) return found;
    }
    return null;
  };

  /* Views become wider or narrower by what the plot lacks or has too much. */
  const stretch = (spec, by) => {
    const { shares, least, panel } = spec.usermeta;
    for (const [name, share] of Object.entries(shares ?? { panel: 1 / spec.columns })) {
      const view = named(spec, name);
      view.width = Math.floor(Math.max(panel ? 120 : least * share, view.width + by * share));
    }
  };

  const embed = async (spec, narrow) => {
    const place = document.createElement("div");
    const { view } = await vegaEmbed(place, spec, {
      mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, config: config(narrow),
      tooltip: { disableDefaultStyle: true, theme: "plain" },
    });
    return { place, view };
  };

  const draw = async (plot) => {
    const turn = (plot.turn = (plot.turn ?? 0) + 1);
    const language = lang(), width = plot.clientWidth, narrow = width < 500;
    const spec = structuredClone(charts[plot.dataset.chart][language]);
    const { panel } = spec.usermeta;
    if (panel) spec.columns = Math.min(spec.columns, Math.max(1, Math.floor(width / panel)));
    let { place, view } = await embed(spec, narrow);
    for (let pass = 0; pass < 2; pass += 1) {
      const by = width - Math.ceil(Number(place.querySelector("svg").getAttribute("width")));
      if (by === 0) break;
      stretch(spec, by);
      view.finalize();
      ({ place, view } = await embed(spec, narrow));
    }
    if (turn !== plot.turn) { view.finalize(); return; }
    plot.view?.finalize();
    plot.view = view;
    plot.drawnAt = width;
    plot.replaceChildren(place);
    plot.dataset.drawn = `${plot.dataset.chart} ${language}`;
  };
  const drawAll = () => Promise.all(plots.map(draw));

  const speak = (language) => {
    root.lang = language === "en" ? "en" : "zh-CN";
    document.title = document.querySelector("title").dataset[lang()];
    for (const button of document.querySelectorAll("[data-language]"))
      button.setAttribute("aria-pressed", String(button.dataset.language === lang()));
  };

  const copy = async (text, field) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      getSelection().selectAllChildren(field);
      return document.execCommand("copy");
    }
  };

  const copyQuery = async (button) => {
    const field = button.closest(".query").querySelector("code");
    const done = await copy(field.textContent, field);
    const said = document.getElementById(done ? "word-copied" : "word-copy-failed");
    const before = button.innerHTML;
    button.replaceChildren(...said.cloneNode(true).childNodes);
    document.getElementById("said").replaceChildren(...said.cloneNode(true).childNodes);
    button.disabled = true;
    setTimeout(() => { button.innerHTML = before; button.disabled = false; }, 1600);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.language) { speak(button.dataset.language); drawAll(); }
    if (button.dataset.show) {
      const plot = document.getElementById(button.dataset.in);
      plot.dataset.chart = button.dataset.show;
      for (const other of button.parentElement.querySelectorAll("button"))
        other.setAttribute("aria-pressed", String(other === button));
      draw(plot);
    }
    if (button.classList.contains("copy")) copyQuery(button);
    if (button.dataset.fold) for (const fold of folds) fold.open = button.dataset.fold === "open";
  });

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folds.filter((fold) => !fold.open);
    for (const fold of closed) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of closed) fold.open = false; });

  let waiting;
  const resized = new ResizeObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      for (const plot of plots) if (plot.drawnAt && Math.abs(plot.clientWidth - plot.drawnAt) > 3) draw(plot);
    }, 120);
  });

  speak(navigator.language.startsWith("zh") ? "zh" : "en");
  drawAll();
  for (const plot of plots) resized.observe(plot);
})();
