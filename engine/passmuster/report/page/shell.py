"""A whole page around its content: one file, no scripts or external addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.report.page.markup import Markup, tag

if TYPE_CHECKING:
    from passmuster.report.page.markup import Content

_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content security: the page's own style, and nothing else."""


def whole(*body: Content, title: str, style: str, skip: tuple[str, str]) -> str:
    """A page in English; `style` is what `css` gives, `skip` the words and the id of the link over its beginning."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_SECURITY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        _stylesheet(style),
    )
    words, target = skip
    link = tag("a", words, href=f"#{target}", class_="skip")
    content = tag("body", link, tag("div", *body, class_="page"))
    return f"<!doctype html>\n{tag('html', head, content, lang='en')}\n"


def _stylesheet(text: str) -> Markup:
    """A style element; its text is our own, and never comes from data."""
    assert "<" not in text
    return Markup(f"<style>{text}</style>")
