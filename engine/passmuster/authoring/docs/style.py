"""What an edition's page adds to the style of every page: coloured expressions, facts, quotes, the contents."""

from __future__ import annotations

RULES = """
dt>*{min-width:0}
code a{text-decoration-style:dotted;text-underline-offset:.36em}
nav ol{list-style:none;margin:0;padding:0;font-size:.94rem}
nav li{
  display:grid;
  grid-template-columns:minmax(0,1fr) max-content;
  gap:1rem;
  padding:.34rem 0;
  border-bottom:.0625rem solid var(--line);
}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
blockquote{
  margin:1rem 0 .5rem;
  padding:.15rem 0 .15rem 1.1rem;
  border-left:.25rem solid var(--accent);
}
blockquote p{margin:0;font-style:italic}
blockquote footer{font-size:.9rem;color:var(--soft)}
.facts{margin:0}
.facts>div,.terms>div{padding:.5rem 0;border-top:.0625rem solid var(--line)}
.facts>div:first-child,.terms>div:first-child{border-top:0}
.facts dt,.terms dt{display:flex;flex-wrap:wrap;gap:.1rem .7rem;align-items:baseline}
.facts dd,.terms dd{margin:.1rem 0 0}
.terms{margin:0}
.base{color:var(--soft);font-size:.82rem}
.said{display:block;color:var(--soft)}
.history{margin:0;padding-left:1.2rem}
.k-fact{color:var(--fact)}
.k-term,.k-term a{color:var(--term)}
.k-local{color:var(--local)}
.k-function{color:var(--function)}
.k-text{color:var(--text)}
.k-number{color:var(--number)}
.k-word{color:var(--number);font-weight:600}
.k-operator{color:var(--ink)}
.k-comment{color:var(--soft);font-style:italic}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;padding:0;margin:.6rem 0;list-style:none}
"""
"""On screen and on paper."""
PAPER = """
#page_rules,#page_terms{break-before:page}
.facts>div,.terms>div{break-inside:avoid}
.references a::after{content:" (" attr(href) ")";font-size:.85em;word-break:break-all}
"""
"""On paper alone."""
