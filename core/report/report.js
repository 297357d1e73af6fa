"use strict";
/* What the page gains by a script: find, order, walk by keyboard, sort tables.  Without it everything is there. */
(() => {
  const id = (name) => document.getElementById(name);
  const tree = id("tree");

  /* What is behind a step was taken for text, because there is a script; now it is wanted as elements. */
  const fill = (details) => {
    const text = details.querySelector(":scope > noscript");
    if (!text) return;
    const inside = document.createElement("div");
    inside.className = "inside";
    inside.innerHTML = text.textContent;
    text.replaceWith(inside);
  };
  tree?.addEventListener("toggle", (event) => { if (event.target.open) fill(event.target); }, true);

  const openUpTo = (element) => {
    for (let e = element; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  };
  const goToHash = () => {
    const target = location.hash.length > 1 && id(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    openUpTo(target.querySelector(":scope > details") || target);
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", goToHash);
  if (location.hash) goToHash();

  /* Paper cannot be opened: stages are, and afterwards it is as it was. */
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.stage:not([open]), details.table:not([open])")];
    opened.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => { opened.forEach((d) => { d.open = false; }); opened = []; });

  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const key = (row, n) => {
    const cell = row.cells[n];
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const text = cell.textContent.trim();
    return cell.classList.contains("n") && text !== "" ? Number(text) : text.toLowerCase();
  };
  for (const head of document.querySelectorAll("th[data-sort]")) {
    const table = head.closest("table"), n = head.cellIndex;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows].map((row) => [key(row, n), row]);
      rows.sort((a, b) => (up ? 1 : -1) * compare(a[0], b[0]));
      table.tBodies[0].append(...rows.map((r) => r[1]));
    });
  }

  if (!tree) return;
  const form = id("tools"), find = id("find"), action = id("action"), owner = id("owner"), order = id("order");
  const stages = [...tree.querySelectorAll("details.stage")].map((stage) => {
    const list = stage.querySelector("ul");
    return { stage, list, open: stage.open, steps: [...list.children].map((li, n) => ({ li, n, text: null })) };
  });
  const steps = stages.flatMap((s) => s.steps);
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());

  const offer = (select, name) => {
    const values = new Set(steps.map((s) => s.li.dataset[name]).filter((v) => v));
    for (const value of [...values].sort()) select.append(new Option(value, value));
    if (values.size < 2) select.closest("label").hidden = true;
  };
  offer(action, "a");
  offer(owner, "o");

  const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  const textOf = (step) => (step.text ??= step.li.textContent.replace(/<[^>]*>/g, " ")
    .replace(/&(amp|lt|gt|quot|#39);/g, (all, name) => entities[name]).toLowerCase());
  let filtered = false;
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter((w) => w);
    const any = Boolean(words.length > 0 || action.value || owner.value);
    if (any && !filtered) for (const s of stages) s.open = s.stage.open;
    filtered = any;
    let shown = 0;
    for (const s of stages) {
      let here = 0;
      for (const step of s.steps) {
        const fits = (!action.value || step.li.dataset.a === action.value) &&
          (!owner.value || step.li.dataset.o === owner.value) && words.every((w) => textOf(step).includes(w));
        if (step.li.hidden === fits) step.li.hidden = !fits;
        if (fits) here++;
      }
      s.stage.hidden = here === 0;
      s.stage.open = any ? true : s.open;
      shown += here;
    }
    id("shown").textContent = any ? `${shown} of ${steps.length} steps` : "";
  };
  let timer;
  find.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, steps.length > 500 ? 150 : 0); });
  action.addEventListener("change", filter);
  owner.addEventListener("change", filter);

  order.addEventListener("change", () => {
    const by = order.value;
    const value = (s) => (by === "m" ? -Number(s.li.dataset.m || 0) : s.li.dataset[by] || "\uffff");
    for (const s of stages) {
      const sorted = by ? [...s.steps].sort((a, b) => compare(value(a), value(b)) || a.n - b.n) : s.steps;
      s.list.append(...sorted.map((x) => x.li));
    }
  });

  id("all").addEventListener("click", () => {
    const open = stages.some((s) => !s.stage.open);
    for (const s of stages) s.stage.open = s.open = open;
    id("all").textContent = open ? "Close all stages" : "Open all stages";
  });
  if (stages.every((s) => s.stage.open)) id("all").textContent = "Close all stages";

  /* Only lines that can be seen: a closed stage's steps have no box. */
  const lines = () => [...tree.querySelectorAll("summary")].filter((s) => {
    const stage = s.closest("details.stage"), li = s.closest("li");
    return !stage.hidden && (!li || (stage.open && !li.hidden));
  });
  const near = (line, way) => {
    const all = lines();
    return all[all.indexOf(line) + way];
  };
  tree.addEventListener("keydown", (event) => {
    const line = event.target.closest("summary");
    if (!line || event.ctrlKey || event.altKey || event.metaKey) return;
    const details = line.parentElement;
    const all = () => lines();
    const moves = {
      ArrowDown: () => near(line, 1)?.focus(),
      ArrowUp: () => near(line, -1)?.focus(),
      ArrowRight: () => { if (details.open) near(line, 1)?.focus(); else details.open = true; },
      ArrowLeft: () => {
        if (details.open) details.open = false;
        else details.parentElement.closest("details")?.querySelector("summary").focus();
      },
      Home: () => all()[0]?.focus(),
      End: () => all().at(-1)?.focus(),
      "/": () => find.focus(),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  });
})();
