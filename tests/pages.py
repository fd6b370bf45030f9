"""Reading a page as a browser and a screen reader would: elements, headings, links, and the colours of its style."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "br", "hr", "img", "link", "input"}


@dataclass
class Element:
    """One element, with the text below it."""

    name: str
    attributes: dict[str, str]
    parent: Element | None
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a page, in order; raises where an element is closed that is not open."""

    source: str
    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)
        self.feed(self.source)
        self.close()
        assert not self._open, [each.name for each in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open[-1] if self._open else None)
        assert len(element.attributes) == len(attrs), attrs
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, *names: str) -> list[Element]:
        """The elements of these names."""
        return [each for each in self.elements if each.name in names]


Palette = dict[str, str]


def palettes(css: str) -> dict[str, Palette]:
    """The colours by name, for each place that gives them: light, dark, print; dark and print start from light."""
    light = _colours(re.search(r":root\{([^}]*)\}", css))
    dark = _colours(re.search(r"prefers-color-scheme:dark\)\{:root\{([^}]*)\}", css))
    paper = _colours(re.search(r"@media print\{:root\{([^}]*)\}", css))
    return {"light": light, "dark": {**light, **dark}, "print": {**light, **paper}}


def _colours(found: re.Match[str] | None) -> Palette:
    assert found is not None
    return dict(re.findall(r"--(\w+):(#[0-9a-f]{6});", found[1]))


def pairs(css: str) -> set[tuple[str, str]]:
    """Every colour of text with every surface that it can stand on."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", css)
    surfaces = {name for _, body in rules for name in re.findall(r"background:var\(--(\w+)\)", body)}
    found = set()
    for _, body in rules:
        for colour in re.findall(r"(?:^|;)\s*color:var\(--(\w+)\)", body):
            own = re.findall(r"background:var\(--(\w+)\)", body)
            found |= {(colour, surface) for surface in (own or surfaces)}
    return found


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, contrast ratio)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
