"""The style that every page has: two palettes with a contrast of at least 4.5 : 1, three widths, and paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "paper": "#fdfcf9",
    "panel": "#f4f1ea",
    "line": "#d8d2c4",
    "ink": "#23211d",
    "soft": "#5f5a50",
    "link": "#1d4f91",
    "accent": "#8a3b12",
    "fact": "#155e4b",
    "term": "#7a2f6b",
    "local": "#6b4e00",
    "function": "#1d4f91",
    "text": "#8f2d20",
    "number": "#6a3fa0",
    "good": "#1c6435",
    "bad": "#a02525",
    "unsure": "#79500a",
    "mute": "#5f5a50",
}
DARK: Mapping[str, str] = {
    "paper": "#191816",
    "panel": "#24221f",
    "line": "#45413a",
    "ink": "#ebe6dc",
    "soft": "#b3ab9c",
    "link": "#8fb8ee",
    "accent": "#eba57c",
    "fact": "#7fcdb4",
    "term": "#e0a3d2",
    "local": "#dcb961",
    "function": "#8fb8ee",
    "text": "#ee9d8f",
    "number": "#c3a6ee",
    "good": "#84d39e",
    "bad": "#f29a94",
    "unsure": "#e2b566",
    "mute": "#b3ab9c",
}


def css(own: str = "", *, narrow: str = "", paper: str = "") -> str:
    """The stylesheet: what all pages share, one page's own rules, and its own for narrow screens and for paper."""
    printed = _variables({**LIGHT, "paper": "#ffffff", "panel": "#ffffff"})
    return (
        f":root{{color-scheme:light dark;{_variables(LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
        f"@media print{{:root{{{printed}}}}}"
        f"{_RULES}{own}@media (max-width:34rem){{{_NARROW}{narrow}}}@media print{{{_PAPER}{paper}}}"
    )


def _variables(palette: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in palette.items())


_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{
  margin:0;
  background:var(--paper);
  color:var(--ink);
  font:1.0625rem/1.62 Charter,"Bitstream Charter","Iowan Old Style",Georgia,"Noto Serif",serif;
  overflow-wrap:break-word;
}
.page{max-width:47rem;margin:0 auto;padding:2.5rem 1.25rem 5rem}
a{color:var(--link);text-underline-offset:.18em;text-decoration-thickness:.06em}
a:focus-visible{outline:.15rem solid var(--link);outline-offset:.15rem}
.skip{position:absolute;left:-100rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem}
h1,h2,h3,h4,.label,nav,.badge,.outcome,th,.base{
  font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
}
h1{font-size:2.1rem;line-height:1.18;letter-spacing:-.015em;margin:.3rem 0 1.2rem;text-wrap:balance}
h2{
  font-size:1.4rem;
  line-height:1.25;
  margin:3.5rem 0 1rem;
  padding-top:1.2rem;
  border-top:.2rem solid var(--ink);
}
h3{font-size:1.28rem;line-height:1.3;margin:.25rem 0 .2rem;text-wrap:balance}
h4{
  font-size:.82rem;
  letter-spacing:.045em;
  text-transform:uppercase;
  color:var(--soft);
  margin:1.7rem 0 .45rem;
}
p{margin:.5rem 0}
code,pre,.mono{
  font-family:ui-monospace,"Cascadia Code","SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
  font-size:.86em;
  font-variant-ligatures:none;
}
code{background:var(--panel);border-radius:.2rem;padding:.08em .28em;overflow-wrap:anywhere}
pre{
  background:var(--panel);
  border:.0625rem solid var(--line);
  border-left:.25rem solid var(--line);
  border-radius:.3rem;
  padding:.8rem 1rem;
  margin:.4rem 0;
  line-height:1.55;
  white-space:pre-wrap;
}
pre code{background:none;padding:0;font-size:1em}
.label{
  font-size:.82rem;
  color:var(--accent);
  letter-spacing:.045em;
  text-transform:uppercase;
  font-weight:600;
  margin:0;
}
.digest{color:var(--soft);font-size:.78em;word-break:break-all}
.meta{
  display:grid;
  grid-template-columns:max-content 1fr;
  gap:.25rem 1.1rem;
  margin:0;
  padding:1rem 1.1rem;
  background:var(--panel);
  border-radius:.3rem;
}
.meta dt{color:var(--soft)}
.meta dd{margin:0;min-width:0}
.badge{font-size:.78rem;font-weight:600;white-space:nowrap}
.required{color:var(--accent)}
.recommended{color:var(--link)}
.informational{color:var(--soft)}
article{padding:1.6rem 0 2.2rem;border-bottom:.0625rem solid var(--line)}
article:last-of-type{border-bottom:0}
.under{margin:0;color:var(--soft);font-size:.92rem}
.note{color:var(--soft);font-size:.9rem}
table{width:100%;border-collapse:collapse;font-size:.94rem;line-height:1.45}
th{text-align:left;font-size:.82rem;color:var(--soft);font-weight:600}
th,td{padding:.42rem .8rem .42rem 0;border-bottom:.0625rem solid var(--line);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
.outcome{font-weight:600;font-size:.85rem;white-space:nowrap}
.pass{color:var(--good)}
.fail{color:var(--bad)}
.fail.informational{color:var(--soft)}
.unknown,.error,.warn{color:var(--unsure)}
.not_applicable,.waived{color:var(--mute)}
.close{margin-top:3rem;color:var(--soft);font-size:.9rem}
"""
_NARROW = """
body{font-size:1rem}
.page{padding:1.5rem 1rem 4rem}
h1{font-size:1.65rem}
.meta{grid-template-columns:1fr;gap:0}
.meta dd{margin-bottom:.5rem}
pre{padding:.65rem .75rem}
"""
_PAPER = """
body{font-size:10.5pt;line-height:1.45}
.page{max-width:none;padding:0}
h3,h4{break-after:avoid}
pre,blockquote,tr{break-inside:avoid}
thead{display:table-header-group}
a{color:var(--ink);text-decoration:none}
.skip{display:none}
"""
