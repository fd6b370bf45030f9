"""A form as text: an expression of the language again, for people; brackets only where they are needed."""

from __future__ import annotations

from passmuster.authoring.diff.simplify.form import Form, Kind

_TIGHT = frozenset(
    (Kind.LITERAL, Kind.NAME, Kind.BOUND, Kind.SELECT, Kind.INDEX, Kind.HAS, Kind.CALL, Kind.FOLD, Kind.LIST)
)
"""Kinds that need no brackets anywhere."""
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def written(form: Form, names: tuple[str, ...] = ()) -> str:
    """The text of a form; `names` are those of the macro variables around it, the innermost last."""
    return _Writer(names).text(form)


class _Writer:
    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def text(self, form: Form) -> str:  # noqa: C901, PLR0912 - one case a kind
        parts = form.parts
        match form.kind, form.value:
            case Kind.LITERAL, (_, value):
                return _scalar(value)
            case Kind.NAME, name:
                return str(name)
            case Kind.BOUND, int(index):
                return self._names[-1 - index] if index < len(self._names) else f"it{index}"
            case Kind.SELECT, str(name):
                return self._tight(parts[0]) + _step(name)
            case Kind.INDEX, _:
                return f"{self._tight(parts[0])}[{self.text(parts[1])}]"
            case Kind.HAS, str(name):
                selected = _step(name)
                operand = self._tight(parts[0])
                return f"has({operand}{selected})" if selected.startswith(".") else f"{_quoted(name)} in {operand}"
            case Kind.CALL, (str(name), bool(method)):
                given = ", ".join(self.text(part) for part in (parts[1:] if method else parts))
                return f"{self._tight(parts[0])}.{name}({given})" if method else f"{name}({given})"
            case ((Kind.AND | Kind.OR), _):
                sign = " && " if form.kind is Kind.AND else " || "
                return sign.join(self.text(part) if _binds(part) else f"({self.text(part)})" for part in parts)
            case Kind.NOT, _:
                return self._not(parts[0])
            case Kind.IF, _:
                condition, then, otherwise = map(self._tight, parts)
                return f"{condition} ? {then} : {otherwise}"
            case ((Kind.EQUAL | Kind.LESS | Kind.AT_MOST | Kind.IN), _):
                return self._compared(form)
            case Kind.ONE_OF, tuple(values):
                return self._one_of(parts[0], values, "==")
            case Kind.FOLD, (str(kind), int(count), _):
                inner = _Writer((*self._names, *form.names[:count]))
                below = ", ".join((*form.names, *(inner.text(part) for part in parts[1:])))
                return f"{self._tight(parts[0])}.{kind}({below})"
            case Kind.LIST, _:
                return f"[{', '.join(self.text(part) for part in parts)}]"
            case _:
                return self._other(form)

    def _tight(self, form: Form) -> str:
        return self.text(form) if form.kind in _TIGHT else f"({self.text(form)})"

    def _not(self, form: Form) -> str:
        if form.kind is Kind.ONE_OF and isinstance(form.value, tuple) and len(form.value) == 1:
            return self._one_of(form.parts[0], form.value, "!=")
        if form.kind is Kind.EQUAL:
            return " != ".join(map(self._tight, form.parts))
        return f"!{self._tight(form)}"

    def _one_of(self, subject: Form, values: tuple[object, ...], sign: str) -> str:
        texts = [_scalar(value[1]) for value in values if isinstance(value, tuple)]
        choice = f"{sign} {texts[0]}" if len(texts) == 1 else f"in [{', '.join(texts)}]"
        return f"{self._tight(subject)} {choice}"

    def _compared(self, form: Form) -> str:
        left, right = form.parts
        if isinstance(form.value, str) and form.value.lower().endswith(("version", "semver")):
            return self._versions(form)
        sign = {Kind.EQUAL: "==", Kind.LESS: "<", Kind.AT_MOST: "<=", Kind.IN: "in"}[form.kind]
        if left.kind is Kind.LITERAL and form.kind in {Kind.LESS, Kind.AT_MOST}:
            left, right, sign = right, left, sign.replace("<", ">")
        return f"{self._tight(left)} {sign} {self._tight(right)}"

    def _versions(self, form: Form) -> str:
        """Versions are compared with functions; what does not mention facts stands on the right."""
        left, right = form.parts
        names = ("isLessThan", "isGreaterThan")
        if left.kind is Kind.CALL and all(part.kind is Kind.LITERAL for part in left.parts):
            left, right, names = right, left, names[::-1]
        if form.kind is Kind.LESS:
            return f"{self._tight(left)}.{names[0]}({self.text(right)})"
        return f"!{self._tight(left)}.{names[1]}({self.text(right)})"

    def _other(self, form: Form) -> str:
        what, *said = form.value if isinstance(form.value, tuple) else (form.value,)
        parts = [self._tight(part) for part in form.parts]
        if what == "Arithmetic":
            return parts[0] + "".join(f" {sign} {part}" for sign, part in zip(said, parts[1:], strict=True))
        if what == "Boolean":
            return parts[0]
        if what == "Negate":
            return f"-{parts[0]}"
        if what == "Bind":
            body = _Writer((*self._names, *form.names)).text(form.parts[1])
            return f"cel.bind({form.names[0]}, {self.text(form.parts[0])}, {body})"
        return f"{str(what).lower()}({', '.join(self.text(part) for part in form.parts)})"


def _binds(form: Form) -> bool:
    return form.kind not in {Kind.AND, Kind.OR, Kind.IF}


def _step(name: str) -> str:
    return f".{name}" if name.isidentifier() and name.isascii() else f"[{_quoted(name)}]"


def _quoted(text: str) -> str:
    return f"'{text.translate(_ESCAPES)}'"


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
