"""HTML pages: elements whose text is always escaped, one style, and the shell of a page that needs nothing else.

A page is `whole(header, main, footer, title=..., style=css(own), skip=("Skip to the nodes", "nodes"))`, where each
part is made by `tag(name, *children, **attributes)`. Strings are text; only `Markup`, which `tag` and `join` return, is
HTML.
"""

from passmuster.report.page.markup import Content, Markup, escaped, join, prose, tag
from passmuster.report.page.shell import whole
from passmuster.report.page.style import css

__all__ = ["Content", "Markup", "css", "escaped", "join", "prose", "tag", "whole"]
