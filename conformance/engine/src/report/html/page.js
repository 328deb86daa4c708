
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const { reports } = JSON.parse(byId("data").textContent);
  const table = byId("matrix");
  const form = byId("filters");
  const dialog = byId("cell");
  const heads = [...table.querySelectorAll("thead th")].slice(1);
  const rows = [...table.querySelectorAll("tr[data-level]")].map((element) => ({
    element,
    level: element.dataset.level,
    family: element.parentElement.dataset.family,
    words: element.firstElementChild.textContent.toLowerCase(),
    cells: [...element.querySelectorAll("td")],
    outcomes: [...element.querySelectorAll("td")].map((it) => it.firstElementChild?.className),
  }));

  // An element with what is in it. Strings become text, never markup.
  const make = (name, attributes, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside.flat().filter((it) => it !== null && it !== undefined));
    return element;
  };

  // Filters.

  const chosen = (name) => new Set(new FormData(form).getAll(name));
  const applyFilters = () => {
    const fields = new FormData(form);
    const [outcomes, levels] = [chosen("outcome"), chosen("level")];
    const words = fields.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const [family, agent, differ] = [fields.get("family"), fields.get("agent"), fields.has("differ")];
    const isSeen = (column) => !agent || Number(agent) === column;
    const fits = (row) => {
      const seen = row.outcomes.filter((_, column) => isSeen(column));
      return (levels.size === 0 || levels.has(row.level))
        && (!family || family === row.family)
        && words.every((it) => row.words.includes(it))
        && (outcomes.size === 0 || seen.some((it) => outcomes.has(it)))
        && (!differ || new Set(row.outcomes).size > 1);
    };
    let shown = 0;
    for (const row of rows) {
      row.element.hidden = !fits(row);
      shown += row.element.hidden ? 0 : 1;
      row.cells.forEach((cell, column) => { cell.hidden = !isSeen(column); });
    }
    heads.forEach((head, column) => { head.hidden = !isSeen(column); });
    for (const body of table.tBodies) body.hidden = !body.querySelector("tr[data-level]:not([hidden])");
    byId("shown").textContent = `${shown} of ${rows.length} claims`;
  };
  form.addEventListener("input", applyFilters);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(applyFilters));

  // The theme.

  const themes = [["", "as the system"], ["light", "light"], ["dark", "dark"]];
  let theme = 0;
  byId("theme").addEventListener("click", () => {
    theme = (theme + 1) % themes.length;
    document.documentElement.dataset.theme = themes[theme][0];
    byId("theme").textContent = `theme: ${themes[theme][1]}`;
  });

  // Bytes, which stand in the data with the escapes of scripts.

  const ESCAPE = /\\(x[0-9A-Fa-f]{2}|[nrt\\])/;
  const SHORT = { n: 10, r: 13, t: 9, "\\": 92 };
  const toBytes = (text) => text.split(ESCAPE).flatMap((part, at) => {
    if (at % 2 === 0) return [...part].map((it) => it.charCodeAt(0));
    return [part.length === 1 ? SHORT[part] : parseInt(part.slice(1), 16)];
  });
  const toText = (text) => text.split(ESCAPE).map((part, at) => {
    if (at % 2 === 0) return part;
    return part === "x20" ? " " : make("span", { class: "escape" }, `\\${part}`);
  });
  const HEX_ROW = 16;
  const toHex = (bytes, offset) => {
    const lines = [];
    for (let at = 0; at < bytes.length; at += HEX_ROW) {
      const row = bytes.slice(at, at + HEX_ROW);
      const hex = row.map((it) => it.toString(16).padStart(2, "0")).join(" ");
      const shown = row.map((it) => (it > 31 && it < 127 ? String.fromCharCode(it) : "·")).join("");
      lines.push(`${(offset + at).toString(16).padStart(4, "0")}  ${hex.padEnd(3 * HEX_ROW - 1)}  ${shown}`);
    }
    return lines.join("\n");
  };
  const bytesOf = (entry, hex) => {
    const [head, tail] = [entry.head ?? "", entry.tail ?? ""];
    const missing = entry.missing ?? 0;
    const gap = missing ? ` … ${missing} bytes left out … ` : "";
    if (!hex) return [...toText(head), gap, ...toText(tail)];
    const first = toBytes(head);
    const last = tail ? `\n${gap}\n${toHex(toBytes(tail), first.length + missing)}` : "";
    return [toHex(first, 0) + last];
  };
  const lengthOf = (entry) => toBytes(entry.head ?? "").length + (entry.missing ?? 0) + toBytes(entry.tail ?? "").length;

  // What came of a claim.

  const time = (micros) => `${(micros / 1000).toFixed(3)} ms`;
  const byte = (it) => `0x${it.toString(16).toUpperCase().padStart(2, "0")}${it > 32 && it < 127 ? ` ${String.fromCharCode(it)}` : ""}`;
  const place = (pointer) => pointer || "(the whole reply)";
  const KINDS = {
    mismatch: (it) => [["at", place(it.pointer)], ["expected", it.expected], ["found", it.found]],
    bytes: (it) => [["at", `byte ${it.offset}, after ${it.after}`], ["expected", byte(it.expected)], ["found", byte(it.found)]],
    sentinel: (it) => [["expected", it.expected ? "0xFF before the reply" : "no 0xFF before the reply"]],
    "not-a-reply": (it) => [["found", it]],
    "not-silent": (it) => [["expected", "silence"], ["found", it]],
    timeout: (it) => [["found", `no complete reply in ${time(it)}`]],
    "script-timeout": (it) => [["found", `the script's ${time(it)} were over`]],
    "still-open": (it) => [["found", `the channel was still open after ${time(it)}`]],
    "too-long": (it) => [["found", `more than ${it} bytes without an end`]],
    closed: () => [["found", "the agent closed the channel"]],
  };
  const difference = (kind) => {
    const [name, value] = typeof kind === "string" ? [kind, null] : Object.entries(kind)[0];
    return (KINDS[name] ?? ((it) => [["found", `${name} ${JSON.stringify(it)}`]]))(value);
  };
  const reasonOf = (reason) => Object.entries(reason).map(([name, what]) => `${name.replaceAll("-", " ")}: ${what}`).join(", ");
  const because = (claim) => {
    if (claim.because) return claim.because;
    if (claim.reason) return reasonOf(claim.reason);
    if (claim.known) return [claim.known.reason, claim.known.link, claim.known.until && `until ${claim.known.until}`].filter(Boolean).join(", ");
    return "";
  };
  const failureOf = ({ failure }) => {
    const pairs = [["line", `${failure.line}: ${failure.record}`], ...difference(failure.kind)];
    return make("dl", {}, pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  };

  const WAYS = { sent: "→", received: "←" };
  const EVENTS = {
    reopened: "the script closed the channel and opened it again",
    closed: "the agent closed the channel",
    again: "the script was run once more, alone",
  };
  const entryRow = (entry, hex) => {
    const at = make("th", { scope: "row", class: "time" }, time(entry.at));
    const way = WAYS[entry.kind];
    if (!way) return make("tr", { class: "event" }, at, make("td", { colspan: 3 }, EVENTS[entry.kind] ?? entry.kind));
    return make("tr", { class: entry.kind }, at,
      make("td", { class: "way", "aria-label": entry.kind }, way),
      make("td", { class: "bytes" }, `${lengthOf(entry)} B`),
      make("td", { class: "text" }, bytesOf(entry, hex)));
  };
  const wireOf = (script, failure, hex) => {
    if (script.wire.length === 0) return make("p", { class: "soft" }, "nothing went over the wire");
    const lines = script.wire.map((it) => entryRow(it, hex));
    const here = failure && make("tr", { class: "here" },
      make("th", { scope: "row", class: "time" }, time(failure.after)), make("td", { colspan: 3 }, "✗ here"));
    if (here) lines.splice(failure["wire-end"], 0, here);
    const names = [["time", "time"], ["way", ""], ["bytes", "bytes"], ["text", "what"]];
    return make("table", { class: "wire" }, make("caption", {}, "on the wire; → to the agent, ← from it"),
      make("thead", {}, make("tr", {}, names.map(([name, text]) => make("td", { class: name }, text)))),
      make("tbody", {}, lines));
  };
  const outcomeClass = (claim) => {
    if (claim.outcome === "passed") return "holds";
    if (claim.outcome === "failed") return "fails";
    if (claim.outcome === "not-owed") return "above-level";
    const others = ["release-too-old", "release-too-new", "other-system"];
    return claim.reason && others.some((it) => it in claim.reason) ? "for-others" : claim.outcome;
  };
  const scriptPart = (report, script, claim, hex) => {
    const why = because(claim);
    const kind = outcomeClass(claim);
    return make("section", { class: kind },
      make("p", {}, make("span", { class: "badge" }, kind.replaceAll("-", " ")), why ? ` ${why}` : ""),
      make("p", {}, make("code", {}, `${script.file}:${claim.line}`), ` ${script.session}`,
        make("span", { class: "soft" }, ` (${time(script.took)})`)),
      script.trouble && make("p", {}, `could not be run: ${script.trouble}`),
      claim.failure && failureOf(claim),
      script.obituary && make("p", {}, `the agent: ${script.obituary}`),
      wireOf(script, claim.failure, hex),
      make("p", { class: "soft" }, "again: ", make("code", {}, `${report.again} ${script.file}`)));
  };
  const agentPart = (report, column, id, hex) => {
    const found = report.scripts.flatMap((script) =>
      script.claims.filter((it) => it.id === id).map((claim) => scriptPart(report, script, claim, hex)));
    return [make("h3", {}, heads[column].textContent), ...(found.length ? found : [make("p", { class: "soft" }, "not in this report")])];
  };
  const claimOf = (id) => reports.flatMap((it) => it.scripts).flatMap((it) => it.claims).find((it) => it.id === id);

  // The dialog follows the address: #2/SYNC-004 is a cell, #/SYNC-004 a whole row.

  const address = () => /^#(\d*)\/([A-Z0-9-]+)$/.exec(location.hash);
  const fill = () => {
    const [, column, id] = address();
    const claim = claimOf(id);
    if (!claim || (column && !reports[column])) return false;
    const columns = column ? [Number(column)] : reports.map((_, at) => at);
    byId("cell-body").replaceChildren(
      make("h2", { id: "cell-title" }, `${id} `, make("small", { class: "soft" }, claim.level)),
      make("p", {}, claim.text),
      ...(claim.source ? [make("p", { class: "soft" }, `source: ${claim.source}`)] : []),
      ...columns.flatMap((at) => agentPart(reports[at], at, id, byId("hex").checked)));
    return true;
  };
  const follow = () => {
    if (!address() || !fill()) {
      if (dialog.open) dialog.close();
      return;
    }
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  };
  const step = (by) => {
    const [, column] = address();
    const links = rows.filter((it) => !it.element.hidden)
      .map((it) => (column ? it.cells[column].firstElementChild : it.element.querySelector("th a"))).filter(Boolean);
    const at = links.findIndex((it) => it.getAttribute("href") === location.hash);
    const next = links[(at + by + links.length) % links.length];
    if (next) location.replace(next.getAttribute("href"));
  };
  window.addEventListener("hashchange", follow);
  byId("hex").addEventListener("input", fill);
  byId("earlier").addEventListener("click", () => step(-1));
  byId("later").addEventListener("click", () => step(1));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    const last = [...table.querySelectorAll("a")].find((it) => it.getAttribute("href") === location.hash);
    history.replaceState(null, "", location.pathname + location.search);
    last?.focus();
  });

  // Arrow keys go from cell to cell.

  const neighbour = (link, key) => {
    const row = rows.filter((it) => !it.element.hidden);
    const at = row.findIndex((it) => it.element.contains(link));
    const links = (it) => [...it.element.querySelectorAll("th a, td:not([hidden]) > a")];
    const place = links(row[at]).indexOf(link);
    if (key === "ArrowLeft") return links(row[at])[place - 1];
    if (key === "ArrowRight") return links(row[at])[place + 1];
    const other = row[at + (key === "ArrowDown" ? 1 : -1)];
    return other && links(other)[Math.min(place, links(other).length - 1)];
  };
  table.addEventListener("keydown", (event) => {
    const link = event.target.closest("a");
    if (!link || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(event.key)) return;
    const next = neighbour(link, event.key);
    if (next) next.focus();
    event.preventDefault();
  });

  form.hidden = false;
  byId("theme").hidden = false;
  applyFilters();
  follow();
})();
