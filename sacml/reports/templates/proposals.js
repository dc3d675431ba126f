// The trade-off of two objectives, chosen by two lists; the numbers stand in the page.
const source = document.getElementById("front-data");
if (source && window.Plotly) {
  const { axes, points } = JSON.parse(source.textContent);
  const [across, up] = ["front-x", "front-y"].map((id) => document.getElementById(id));
  const ink = "#1f2429", grid = "#e3e6ea", blue = "#0072b2", grey = "#a3abb3";
  const shown = (axis, v) => axis.yesno ? (v ? "yes" : "no") : `${Number(v.toPrecision(3)).toLocaleString("en")} ${axis.unit}`;
  const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" }[c]));
  // a window is always in sight, with some room beside it
  const span = (axis, values) => {
    const ends = [...values, ...axis.window], pad = 0.06 * (Math.max(...ends) - Math.min(...ends));
    return { range: [Math.min(...ends) - pad, Math.max(...ends) + pad] };
  };
  const scale = (axis, values) => ({
    title: { text: axis.title, font: { size: 13 } }, type: axis.log ? "log" : "linear", gridcolor: grid, zeroline: false,
    automargin: true, linecolor: "#626a73", ...(axis.yesno ? { tickvals: [0, 1], ticktext: ["no", "yes"], range: [-0.5, 1.5] } : {}), ...(axis.window ? span(axis, values) : {}),
  });
  const draw = () => {
    const [i, j] = [Number(across.value), Number(up.value)];
    const known = points.filter((p) => p.v[i] !== null && p.v[j] !== null);
    const trace = (rows, name, marker, text) => ({
      x: rows.map((p) => p.v[i]), y: rows.map((p) => p.v[j]), name, marker, cliponaxis: false,
      mode: text ? "markers+text" : "markers", text: rows.map((p) => text ? String(p.rank) : ""), textposition: rows.map((p) => ["top center", "bottom center", "middle right", "middle left"][p.rank % 4]),
      textfont: { size: 12, color: ink }, hovertext: rows.map((p) => `<b>${escaped(p.name)}</b>${p.rank ? ` (rank ${p.rank})` : ""}<br>${axes[i].name}: ${shown(axes[i], p.v[i])}<br>${axes[j].name}: ${shown(axes[j], p.v[j])}<br>score ${p.score.toFixed(3)}`),
      hoverinfo: "text", type: "scatter",
    });
    const band = (axis, ref) => axis.window && {
      type: "rect", layer: "below", fillcolor: "#d9efe6", line: { width: 0 },
      ...(ref === "x" ? { xref: "x", yref: "paper", x0: axis.window[0], x1: axis.window[1], y0: 0, y1: 1 }
        : { xref: "paper", yref: "y", x0: 0, x1: 1, y0: axis.window[0], y1: axis.window[1] }),
    };
    const missing = points.length - known.length;
    Plotly.react("figure-front", [
      trace(known.filter((p) => p.front && !p.rank), "on the front", { color: grey, size: 6, opacity: 0.7 }, false),
      trace(known.filter((p) => !p.front), "in the list, dominated", { color: "white", size: 9, line: { color: blue, width: 2 } }, true),
      trace(known.filter((p) => p.front && p.rank), "in the list, on the front", { color: blue, size: 9 }, true),
    ], {
      height: 460, margin: { l: 10, r: 20, t: 40, b: 10 }, font: { family: "system-ui, sans-serif", size: 13, color: ink },
      xaxis: scale(axes[i], known.map((p) => p.v[i])), yaxis: scale(axes[j], known.map((p) => p.v[j])), shapes: [band(axes[i], "x"), band(axes[j], "y")].filter(Boolean),
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, hoverlabel: { bgcolor: "white", align: "left" },
      annotations: missing ? [{ text: `${missing} without a value not drawn`, xref: "paper", yref: "paper", x: 1, y: 0, showarrow: false, font: { size: 11 } }] : [],
    }, { displayModeBar: false, responsive: true });
  };
  for (const list of [across, up]) list.addEventListener("change", draw);
  document.querySelector(".choose").hidden = false;
  draw();
}
// What is wider than its place says so, since a bar to scroll by is hidden on a phone.
const measure = () => document.querySelectorAll(".scroll").forEach((s) => s.classList.toggle("wider", s.scrollWidth > s.clientWidth + 1));
addEventListener("resize", measure);
addEventListener("load", measure);
document.querySelectorAll("details").forEach((d) => d.addEventListener("toggle", measure));
// Print opens what is folded, so that paper holds all of it.
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
