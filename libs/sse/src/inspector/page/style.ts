/** How the page looks. Green, amber and red only ever mean a state. */
export const STYLE = /* css */ `
:root {
  color-scheme: light dark;
  --bg: light-dark(#f7f7f5, #101113);
  --surface: light-dark(#ffffff, #17181b);
  --line: light-dark(#e3e2de, #2a2c31);
  --text: light-dark(#1a1a19, #ecebe8);
  --muted: light-dark(#5c5b56, #a3a29d);
  --accent: light-dark(#2d56dd, #8fabff);
  --accent-soft: light-dark(#edf1fe, #1b2240);
  --good: light-dark(#0f7350, #57cc99);
  --good-soft: light-dark(#e5f5ee, #10281f);
  --warn: light-dark(#8a5a00, #e7b850);
  --warn-soft: light-dark(#fdf3dc, #2b2310);
  --bad: light-dark(#b92534, #ff8f8c);
  --bad-soft: light-dark(#fdebec, #341719);
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; background: var(--bg); color: var(--text);
  font: 0.9375rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
main, header > div { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem; }
header { background: var(--surface); border-bottom: 1px solid var(--line); }
header > div { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; padding-block: 0.875rem; }
h1 { font-size: 1.125rem; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1rem; margin: 0; }
.where { color: var(--muted); font-size: 0.8125rem; margin-right: auto; }
.pill {
  display: inline-block; padding: 0.05rem 0.5rem; border-radius: 99px; font-size: 0.75rem; font-weight: 600;
  white-space: nowrap; background: var(--accent-soft); color: var(--accent);
}
.pill[data-state='good'] { background: var(--good-soft); color: var(--good); }
.pill[data-state='warn'] { background: var(--warn-soft); color: var(--warn); }
.pill[data-state='bad'] { background: var(--bad-soft); color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0.75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 0.75rem 1rem; }
.tiles b { display: block; font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }
.tiles span { color: var(--muted); font-size: 0.8125rem; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; margin-bottom: 1.25rem; overflow: hidden; }
.head { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; padding: 0.75rem 1rem; border-bottom: 1px solid var(--line); }
.head > :first-child { margin-right: auto; }
.head small { color: var(--muted); font-weight: 400; margin-left: 0.375rem; }
input[type='search'] {
  font: inherit; font-size: 0.8125rem; color: inherit; background: var(--bg); border: 1px solid var(--line);
  border-radius: 6px; padding: 0.3rem 0.6rem; width: 16rem; max-width: 100%;
}
label { font-size: 0.8125rem; color: var(--muted); display: inline-flex; gap: 0.375rem; align-items: center; }
table { width: 100%; border-collapse: collapse; font-size: 0.8125rem; }
th { text-align: left; font-weight: 600; color: var(--muted); }
th, td { padding: 0.45rem 0.75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { padding-left: 1rem; }
tbody tr:last-child td { border-bottom: 0; }
th.number, td.number { text-align: right; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 0.75rem/1.5 var(--mono); overflow-wrap: anywhere; }
.whole { white-space: nowrap; }
.data { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.dim { color: var(--muted); }
.columns { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 1.25rem; align-items: start; }
.scroll { max-height: 28rem; overflow: auto; }
.empty { padding: 1rem; color: var(--muted); margin: 0; }
button {
  font: inherit; font-size: 0.75rem; font-weight: 600; cursor: pointer; white-space: nowrap; color: var(--bad);
  background: none; border: 1px solid var(--line); border-radius: 6px; padding: 0.2rem 0.6rem;
}
button:hover { background: var(--bad-soft); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
#say { color: var(--muted); font-size: 0.8125rem; }
@media (max-width: 60rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 44rem) {
  main, header > div { padding-inline: 0.875rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  thead { display: none; }
  tr { display: block; padding: 0.5rem 1rem; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  td, td:first-child { display: flex; gap: 1rem; justify-content: space-between; padding: 0.15rem 0; border: 0; text-align: right; }
  td:empty { display: none; }
  td::before { content: attr(data-label); color: var(--muted); text-align: left; flex: none; }
  input[type='search'] { width: 100%; }
}
`;
