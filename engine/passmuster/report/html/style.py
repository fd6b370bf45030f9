"""What a report's page adds to the style of every page: the bar, wide tables, results."""

from __future__ import annotations

RULES = """
.page{max-width:62rem}
p,.todo ul{max-width:46rem}
h1{overflow-wrap:anywhere}
h3{overflow-wrap:anywhere}
.meta .outcome{margin-right:.8rem}
.bar{display:flex;gap:.125rem;height:1.7rem;margin:0 0 .8rem}
.bar span{
  min-width:.375rem;
  overflow:hidden;
  padding:0 .4rem;
  border-radius:.2rem;
  font:600 .8rem/1.7rem ui-sans-serif,system-ui,sans-serif;
  print-color-adjust:exact;
  -webkit-print-color-adjust:exact;
}
.bar .pass{color:var(--paper);background:var(--good)}
.bar .fail{color:var(--paper);background:var(--bad)}
.bar .unknown{color:var(--paper);background:var(--unsure)}
.bar .warn{color:var(--paper);background:var(--link)}
.outcome.warn{color:var(--link)}
.tally{list-style:none;margin:0;padding:0}
.todo{padding-left:1.4rem}
.todo>li{padding:.5rem 0 .9rem;border-bottom:.0625rem solid var(--line)}
.todo>li::marker{color:var(--soft)}
.todo ul{margin:.3rem 0;padding-left:1.2rem}
.what{margin:.3rem 0 0}
.lead{font-weight:600}
.sub{display:block;color:var(--soft);font-size:.82rem;font-weight:400;overflow-wrap:anywhere}
.sub .outcome{font-size:1em}
.scrolls{overflow-x:auto}
.long{max-height:24rem;overflow:auto;border:.0625rem solid var(--line);padding:0 .6rem}
.scrolls:focus-visible,.long:focus-visible{outline:.15rem solid var(--link)}
.grid th[scope=row]{color:var(--ink);font-size:.94rem;min-width:14rem;max-width:30rem}
.grid td,.grid thead th{min-width:4.4rem}
.grid td .outcome{white-space:normal}
.grid thead th{vertical-align:bottom}
.counts td,.counts thead th+th{text-align:right;font-variant-numeric:tabular-nums}
.none{color:var(--soft)}
.result{border-left:.25rem solid var(--line);padding:.1rem 0 .1rem 1rem;margin:1.3rem 0}
.result h4{font-size:1.02rem;letter-spacing:0;text-transform:none;color:var(--ink);margin:0}
.result h4 .outcome{font-size:1em}
.result table{margin:.4rem 0}
.said,.reason{overflow-wrap:anywhere}
.facts th[scope=row]{font-weight:400;min-width:9rem}
.facts td{overflow-wrap:anywhere;min-width:8rem}
.because{margin:.2rem 0;padding-left:1.2rem}
.quiet{font-size:.94rem}
.nodes th[scope=row],.digests th[scope=row],.waivers th[scope=row],.pairs th[scope=row]{
  color:var(--ink);
  overflow-wrap:anywhere;
}
.nodes td:last-child,.digests td:last-child{
  font-family:ui-monospace,"Cascadia Code","SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
  font-size:.74rem;
  overflow-wrap:anywhere;
}
.nodes td:nth-child(2){white-space:nowrap}
.digests td,.waivers td{overflow-wrap:anywhere}
.waivers td:last-child{white-space:nowrap}
.pool th[scope=row]{font-weight:400;min-width:10rem;overflow-wrap:anywhere}
.pool td{overflow-wrap:anywhere}
[aria-labelledby=basis] h3{font-size:1.1rem;margin:1.8rem 0 .2rem}
.digests td{min-width:5.5rem}
"""
"""On screen and on paper."""
NARROW = """
.facts,.nodes,.digests,.waivers{font-size:.85rem}
.facts th[scope=row],.facts td{min-width:4.6rem}
.facts code{padding:0;background:none}
.nodes td:nth-child(2){white-space:normal;min-width:5.5rem}
.grid{font-size:.85rem}
.grid th[scope=row]{min-width:9rem}
.counts{table-layout:fixed}
.counts thead th:first-child{width:38%}
.counts thead th{font-size:.7rem}
.counts th,.counts td{padding-right:.2rem}
th,td{padding-right:.5rem}
"""
"""On narrow screens alone."""
PAPER = """
.result{break-inside:auto}
.result h4{break-after:avoid}
.scrolls{overflow:visible}
.nodes td:last-child,.digests td:last-child{font-size:6pt}
.nodes th[scope=row]{min-width:7rem}
.long{max-height:none;overflow:visible;border:0;padding:0}
.grid th[scope=row]{min-width:0}
.grid td,.grid thead th{min-width:0}
table{font-size:8.5pt;line-height:1.35}
th,td{padding-top:.2rem;padding-bottom:.2rem}
.facts code{font-size:7pt;line-height:1.25;background:none;padding:0}
#nodes,#basis{break-before:page}
"""
"""On paper alone."""
