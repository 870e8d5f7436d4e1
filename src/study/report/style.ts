/**
 * @file The style sheet: one column of prose and figures 720 px wide, captions in the margin, Okabe–Ito colours that
 * hold in light and dark. No outside resource is named here.
 */
const LIGHT = `--paper:#fff;--panel:#f6f6f3;--ink:#1c1b19;--soft:#5d5b56;--faint:#8b8881;--rule:#dcdad3;--grid:#ecebe6;
--c1:#0067a3;--c2:#c04a00;--c3:#007a58;--c4:#a86a00;--c5:#a34d80;--c6:#2d86bd;--thin:.3;--band:.16;--warn:#fdf1d8;--warn-ink:#6b4700`;
const DARK = `--paper:#141517;--panel:#1d1f22;--ink:#e9e7e1;--soft:#aeaba3;--faint:#85827b;--rule:#383a3e;--grid:#26282b;
--c1:#5fb3ec;--c2:#ff8a4c;--c3:#3cc79b;--c4:#e9ad3c;--c5:#e29bc6;--c6:#9ad0f2;--thin:.36;--band:.22;--warn:#3a2f14;--warn-ink:#f2d48f`;

const PAGE = `
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,"Liberation Serif",serif}
main{max-width:1080px;margin:0 auto;padding:40px 20px 80px}
.sans,figcaption,table,.note,.methods,.key,summary,.plot,.kicker,nav,dl,.quick,.tiles{font-family:ui-sans-serif,-apple-system,"Segoe UI","Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif}
p,ul,ol.findings{max-width:720px}
h1{font-size:38px;line-height:1.15;margin:.2em 0 .35em;font-weight:600;letter-spacing:-.01em;max-width:900px;text-wrap:balance}
h2{font-size:27px;line-height:1.2;margin:0 0 .2em;font-weight:600;letter-spacing:-.005em}
h3{font-size:19px;line-height:1.3;margin:2.4em 0 .5em;font-weight:600}
h1,h2,h3,p,li,figcaption,dd,caption{overflow-wrap:anywhere}td,th{overflow-wrap:break-word}
a{color:var(--c1);text-underline-offset:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em}
.kicker{font-size:12.5px;color:var(--soft);letter-spacing:.02em}
.question{font-size:22px;line-height:1.4;font-style:italic;color:var(--soft);margin:.2em 0 1.4em}
.quick{display:inline-block;background:var(--warn);color:var(--warn-ink);border:1px solid currentColor;border-radius:4px;padding:5px 12px;font-size:14px;font-weight:600;margin:0 0 14px}
nav{font-size:13.5px;display:flex;flex-wrap:wrap;gap:4px 20px;border-block:1px solid var(--rule);padding:9px 0;margin:26px 0}
nav a{color:var(--ink);text-decoration:none}nav a:hover{text-decoration:underline}nav b{color:var(--faint);font-weight:500;margin-right:5px}
section{margin-top:72px}
section>header{border-top:2px solid var(--ink);padding-top:14px;margin-bottom:22px}
.rung{display:block;font-size:12.5px;color:var(--soft);margin-bottom:2px}
.lede{color:var(--soft);margin:.1em 0 0}
ol.findings{list-style:none;padding:0;margin:0}
ol.findings li{display:grid;grid-template-columns:96px 1fr;gap:14px;padding:10px 0;border-top:1px solid var(--rule)}
ol.findings li:last-child{border-bottom:1px solid var(--rule)}
ol.findings .where{font:600 13px/2 ui-sans-serif,-apple-system,"Segoe UI",Arial,"Liberation Sans",sans-serif;color:var(--c1);text-decoration:none}
.num,table,.plot{font-variant-numeric:tabular-nums lining-nums}
`;

const BLOCKS = `
figure.fig{margin:26px 0 34px}
figure.fig .canvas{min-width:0}
figure.margin{display:grid;grid-template-columns:minmax(0,720px) minmax(200px,1fr);gap:0 32px;align-items:start}
figure.full .canvas{max-width:1040px}
figure.full figcaption{margin-top:10px;max-width:720px}
figcaption{font-size:13px;line-height:1.5;color:var(--soft)}
figcaption strong{color:var(--ink)}
.grid{display:grid;gap:16px 20px;grid-template-columns:repeat(var(--columns,3),minmax(0,1fr))}
.plot{display:block;max-width:100%;height:auto;overflow:visible}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:12.5px;color:var(--soft);margin:0 0 10px;align-items:center}
.key span{display:inline-flex;align-items:center;gap:6px}
.key .plot{display:inline-block;flex:none}
.table-block{margin:22px 0 30px}
.table-scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:13px;line-height:1.35;min-width:min(100%,380px)}
caption{text-align:left;font-weight:600;padding:0 0 8px;color:var(--ink);font-size:13.5px}
th{font-weight:500;color:var(--soft);text-align:left;vertical-align:bottom;padding:4px 22px 6px 0;border-bottom:1px solid var(--ink);white-space:normal}
td{padding:5px 22px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top}
th:last-child,td:last-child{padding-right:4px}
td:first-child{min-width:8.5em}td.num:first-child{min-width:0}th.num,td.num{text-align:right}
td.num{white-space:nowrap}
tr.group td{border-top:1px solid var(--soft)}
tr.head th{font-weight:600;color:var(--ink);padding:16px 0 5px;border-bottom:1px solid var(--faint)}
tbody tr.head:first-child th{padding-top:8px}
tr.weak td{color:var(--soft)}
tr.pass td{background:color-mix(in srgb,var(--c3) 9%,transparent)}
td.draw{padding-block:0;line-height:0}.draw .plot{max-width:none}th.draw{padding-bottom:2px}td.draw+td,tr:has(td.draw) td{vertical-align:middle}
.est{display:inline-block}.est .v{display:block}.est .ci{display:block;font-size:11.5px;color:var(--soft);font-weight:400}
td.inline .est .v,td.inline .est .ci{display:inline}td.inline .est .ci{font-size:12px;margin-left:7px}
.nowrap{white-space:nowrap}
.role{font-size:11.5px;color:var(--soft);display:block}
.methods,.note{font-size:12.5px;line-height:1.5;color:var(--soft);margin:8px 0 0;max-width:860px}
.methods b{font-weight:600}
details.source{font-size:12px;margin-top:6px;color:var(--soft)}
details.source summary{cursor:pointer;width:max-content;max-width:100%;font-size:12px}
.ids{font-size:12px;line-height:1.7;margin:4px 0;max-width:none}
.ids code{white-space:nowrap}
details.fold{margin:14px 0}
details.fold>summary{cursor:pointer;font-size:14px;color:var(--ink);padding:4px 0}
summary:focus-visible,a:focus-visible,.table-scroll:focus-visible{outline:2px solid var(--c1);outline-offset:2px}
.retro{border:1px dashed var(--faint);border-radius:6px;padding:4px 18px 12px;margin:28px 0}
.retro>summary{font-size:14px;padding:8px 0;cursor:pointer}
.tag{display:inline-block;font-size:11.5px;border:1px solid currentColor;border-radius:3px;padding:0 6px;color:var(--soft);vertical-align:middle}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:18px 28px;margin:22px 0;padding:0}
.tiles>div{border-top:1px solid var(--rule);padding-top:8px}
.tiles .big{font-size:26px;line-height:1.2;display:block;font-variant-numeric:tabular-nums}
.tiles .sub{font-size:12.5px;color:var(--soft);display:block;line-height:1.45}
pre code{font-size:13.5px}
pre{background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:14px 16px;overflow-x:auto;max-width:720px;line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:minmax(130px,210px) 1fr;gap:6px 22px;font-size:14px;margin:18px 0;max-width:900px}
dt{color:var(--soft)}dd{margin:0;font-variant-numeric:tabular-nums}
footer{margin-top:60px;border-top:1px solid var(--rule);padding-top:12px}
`;

const PLOT = `
.plot text{font-size:11.5px;fill:var(--soft)}
.plot .axis-title{fill:var(--faint);font-size:11px}
.plot .name{font-size:12.5px;font-weight:600;fill:var(--ink)}
.plot .strong{fill:var(--ink)}
.plot .small{font-size:10.5px}
.plot .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.plot .base{stroke:var(--faint);stroke-width:1}
.plot .grid{stroke:var(--grid);stroke-width:1}
.plot .zero{stroke:var(--soft);stroke-width:1}
.plot .ref{stroke:var(--faint);stroke-width:1;stroke-dasharray:2 3;fill:none}
.plot .bound{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:6 3}
.plot .open{fill:none}
.plot .thin{stroke-width:1;stroke-opacity:var(--thin)}
.plot .hair{stroke-width:.8;stroke-opacity:var(--thin)}
.plot .whisper{stroke-width:.55;stroke-opacity:.45}
.plot .pale{stroke-width:1;stroke-opacity:.5}
.plot .line{stroke-width:1.8}
.plot .bar{stroke-width:2}
.plot .thick{stroke-width:3.5}
.plot .soft{stroke-opacity:.6}
.plot .dash{stroke-dasharray:5 3}
.plot .dot{stroke:var(--paper);stroke-width:1}
.plot .hollow{fill:var(--paper);stroke-width:1.5}
.plot .x{fill:none;stroke-width:1.6}
.plot .area{opacity:var(--band);stroke:none}
.plot .good{fill:var(--c3);opacity:.07}
${["1", "2", "3", "4", "5", "6"].map((n) => `.plot .s${n}{stroke:var(--c${n})}.plot .f${n}{fill:var(--c${n})}.plot text.t${n}{fill:var(--c${n})}`).join("")}
.plot .s0{stroke:var(--ink)}.plot .f0{fill:var(--ink)}.plot .sf{stroke:var(--faint)}.plot .ff{fill:var(--faint)}.plot .ss{stroke:var(--soft)}.plot .fs{fill:var(--soft)}
.plot .hollow.hollow{fill:var(--paper)}.plot .x.x{fill:none}.plot .open.open{fill:none}
`;

const NARROW = `
@media (max-width:1000px){figure.margin{display:block}figure.margin figcaption{margin-top:10px;max-width:720px}}
@media (max-width:820px){.grid{grid-template-columns:repeat(min(2,var(--columns,3)),minmax(0,1fr))}h1{font-size:31px}.question{font-size:20px}main{padding:24px 20px 60px}
th,td{padding-right:14px}}
@media (max-width:520px){.grid{grid-template-columns:minmax(0,1fr)}ol.findings li{grid-template-columns:1fr;gap:0}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}body{font-size:16px}}
@media print{:root{${LIGHT}}html{color-scheme:light}body{font-size:11pt}main{padding:0;max-width:none}nav{display:none}section{margin-top:40px}
figure.fig,.tiles,tr,.retro{break-inside:avoid}h2,h3,caption{break-after:avoid}.table-scroll{overflow:visible}details.source,details:not([open]){display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{margin:16mm}}
`;

export const STYLE: string =
  `:root{${LIGHT}}@media (prefers-color-scheme:dark){:root{${DARK}}}${PAGE}${BLOCKS}${PLOT}${NARROW}`.replace(
    /\n\s*/g,
    "\n",
  );
