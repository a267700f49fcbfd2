/** The page's look, in light and in dark. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #667085; --rule: #d5dae3; --back: #fff; --box: #e8eefc; --hold: #b9cdf7;
  --good: #18794e; --bad: #c62a2f; --doubt: #a15c00; --0: #2456d6; --1: #c2410c; --2: #0f766e; --3: #7c3aed; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --rule: #39414f; --back: #14181f; --box: #222b3d;
  --hold: #34466b; --good: #4cc38a; --bad: #ff6369; --doubt: #f1a10d; --0: #7aa2ff; --1: #ff9a62; --2: #4fd1c5; --3: #b794f4; } }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; border-bottom: 1px solid var(--rule); padding-top: 1rem; } h3 { font-size: 1rem; margin-bottom: 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.pass { color: var(--good); } .fail { color: var(--bad); } .inconclusive { color: var(--doubt); } .skip, .note { color: var(--soft); }
.verdict { font-weight: 700; } pre { overflow-x: auto; background: var(--box); padding: 8px; } section { overflow-x: auto; }
svg { width: 100%; min-width: 700px; height: auto; display: block; } svg text { font: 10px system-ui, sans-serif; fill: var(--ink); }
svg .scale { text-anchor: end; fill: var(--soft); } svg .tick { text-anchor: middle; fill: var(--soft); } svg .title { font-weight: 600; }
.phase { fill: var(--box); stroke: var(--rule); } .hold { fill: var(--hold); } .op { fill: var(--0); } .op.failed { fill: var(--bad); } .bar { fill: var(--0); }
.axis { stroke: var(--rule); } .boundary { stroke: var(--rule); stroke-dasharray: 3 3; }
polyline { fill: none; stroke-width: 1.5; } .c0 { stroke: var(--0); } .c1 { stroke: var(--1); } .c2 { stroke: var(--2); } .c3 { stroke: var(--3); }
svg .t0 { fill: var(--0); } svg .t1 { fill: var(--1); } svg .t2 { fill: var(--2); } svg .t3 { fill: var(--3); }
`;
