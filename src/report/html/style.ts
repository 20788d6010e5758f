/** The style of a report: light and dark, and black on white on paper. */
export const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1e21; --muted: #5d636b; --line: #d9dce1; --panel: #f6f7f9;
  --posterior: #2563a8; --prior: #8a9099; --truth: #c2410c; --faint: #2563a833; --good: #1a7f37; --warn: #9a6700; --bad: #c5221f; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e6e8ea; --muted: #a2a9b3; --line: #353b43; --panel: #1d2126;
  --posterior: #74aef0; --prior: #7d858f; --truth: #ffa657; --faint: #74aef033; --good: #4ac26b; --warn: #d9a514; --bad: #ff7b72; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, header, footer { max-width: 1040px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 40px 0 8px; padding-top: 10px; border-top: 1px solid var(--line); }
p { max-width: 76ch; margin: 6px 0 12px; }
.lead, .note, figcaption, caption { color: var(--muted); }
.note, figcaption { font-size: 13px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: 12px 0 0; list-style: none; font-size: 13px; }
a { color: var(--posterior); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 20px 0 8px; padding: 0; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.card dt { color: var(--muted); font-size: 13px; }
.card dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.card dd small { font-size: 13px; color: var(--muted); display: block; }
.good { color: var(--good); } .fewDraws { color: var(--warn); } .unreliable, .fails { color: var(--bad); }
figure { margin: 0; max-width: 100%; }
figure svg { display: block; max-width: 100%; height: auto; }
figure svg text { white-space: pre; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); gap: 18px 20px; align-items: start; }
.grid h3, .check h3 { font: 600 13px ui-monospace, Menlo, Consolas, monospace; margin: 0 0 2px; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 8px 0; }
.scroll:focus-visible { outline: 2px solid var(--posterior); }
table { border-collapse: collapse; font-size: 13px; min-width: min(100%, 420px); }
caption { text-align: left; padding-bottom: 4px; font-size: 13px; }
.beside { display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: flex-start; }
.beside > div { flex: 1 1 280px; min-width: 0; }
.beside table { min-width: 0; }
.beside th, .beside td { padding-right: 14px; }
th, td { padding: 3px 22px 3px 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
thead th { color: var(--muted); font-weight: 600; white-space: nowrap; }
tbody th { font: 13px ui-monospace, Menlo, Consolas, monospace; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.key { display: inline-block; width: 18px; height: 0; border-top: 3px solid; vertical-align: middle; margin: 0 4px 0 10px; }
.key.posterior { border-color: var(--posterior); } .key.prior { border-color: var(--prior); border-top-style: dashed; } .key.truth { border-color: var(--truth); }
.graph { overflow-x: auto; }
.graph svg { max-width: none; }
.graph svg > rect { fill: none; } .graph svg text { fill: var(--ink); } .graph svg path { stroke: var(--muted); } .graph svg marker path { fill: var(--muted); stroke: none; }
.graph .site rect { fill: var(--faint); stroke: var(--posterior); } .graph .leaf rect { fill: var(--panel); stroke: var(--line); }
.graph .objective rect { fill: var(--panel); stroke: var(--good); } .graph .biased rect { stroke: var(--bad); }
.gauge text { font-size: 11px; fill: var(--muted); }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 20px; font-size: 13px; margin: 8px 0; }
dl.facts dt { color: var(--muted); } dl.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
footer { color: var(--muted); font-size: 13px; padding: 40px 20px 32px; }
@media (max-width: 560px) { .beside > figure { overflow-x: auto; } .beside > figure svg { max-width: none; } dl.facts { grid-template-columns: 1fr; } dl.facts dd { margin-bottom: 6px; } }
@media print { :root { --paper: #fff; --ink: #000; --muted: #444; --line: #bbb; --panel: #fff; --posterior: #1d4f87; --prior: #777; --truth: #a33a0a;
  --faint: #1d4f8733; --good: #14632b; --warn: #7a5200; --bad: #a11a17; } nav { display: none; } body { font-size: 11pt; }
  figure, tr, .card { break-inside: avoid; } h2 { break-after: avoid; } .scroll, .graph { overflow: visible; } }
`;
