"""Files that are made to hurt whoever reads them: each is refused, at once and with a place."""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD = b"schema: passmuster.policy/1\n"
_LAUGHS = b"a0: &a0 [lol, lol]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)
)
_MERGES = b"a0: &a0 {k: v}\n" + b"".join(
    b"a%d: &a%d {<<: [%s]}\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)
)
MIB = 1024 * 1024

FILES: dict[str, bytes] = {
    "an alias bomb": _LAUGHS,
    "a merge bomb": _MERGES,
    "an alias of what it stands in": b"a: &a [*a]\n",
    "as many anchors as fit": b"".join(b"- &a%d x\n" % n for n in range(80_000))[:MIB],
    "as many aliases as fit": _HEAD + b"- *a\n" * 200_000,
    "as many tags as fit": b"- !a x\n" * 140_000,
    "a tag that makes objects": b"a: !!python/object/apply:os.system [id]\n",
    "a tag that makes a set": b"a: !!set {b, c}\n",
    "a tag of binary data": b"a: !!binary aGVsbG8=\n",
    "a key twice": b"a: 1\na: 2\n",
    "one key as often as it fits": b"a: 1\n" * 200_000,
    "a key that is a list": b"? [a, b]\n: c\n",
    "keys within keys": b"? " * 5_000 + b"a\n",
    "brackets to the end": b"[" * (MIB - 1),
    "braces to the end": b"{" * (MIB - 1),
    "maps of maps to the end": b"{a: " * (MIB // 4 - 1),
    "dashes to the end": b"- " * (MIB // 2 - 1),
    "a step deeper each line": b"".join(b" " * n + b"a:\n" for n in range(1_400)),
    "a million elements": b"[" + b"1," * 1_000_000 + b"]",
    "as many elements as fit": b"[" + b"1," * 520_000 + b"]",
    "as many lines as fit": b"- 1\n" * 260_000,
    "a number of 5,000 digits": b"a: " + b"9" * 5_000 + b"\n",
    "a number of a million digits": b"a: " + b"9" * 1_000_000 + b"\n",
    "a fraction of a million digits": b"a: [0." + b"9" * 1_000_000 + b", x\n",
    "an exponent beyond everything": b"a: 1e999999999\na: 2\n",
    "a null character": b"a: \x00\n",
    "an escape of the terminal": b"a: \x1b[31m\n",
    "a delete character": b"a: \x7f\n",
    "a byte order mark": b"\xef\xbb\xbfa: 1\n",
    "a byte order mark within": b"a: x\xef\xbb\xbfy\n",
    "text of sixteen bits": "a: 1\n".encode("utf-16"),
    "bytes that are no text": b"a: 1\nb: \xff\xfe\n",
    "half of a surrogate pair": b"a: \xed\xa0\x80\n",
    "two documents": b"a: 1\n---\nb: 2\n",
    "as many documents as fit": b"--- a\n" * 170_000,
    "nothing": b"",
    "a comment as long as it fits": b"#" * (MIB - 1),
    "a file beyond the limit": b"#" * (2 * MIB),
    "a quote that never ends": b'a: "' + b"x" * (MIB - 10),
    "an escape that is none": b'a: "\\q"\n',
    "a block as long as it fits, then a mistake": b"a: |\n" + b"  x\n" * 200_000 + b"b: [\n",
    "a tab for indentation": b"a:\n\tb: 1\n",
    "a version of YAML that is not": b"%YAML 9.9\n---\na: 1\n",
    "a directive of tags": b"%TAG ! tag:example.org,2000:\n---\na: !b c\n",
    "a colon too many": b"a: b: c\n",
    "a percent sign first": b"%a\n",
    "an at sign first": b"a: @b\n",
    "a backquote first": b"a: `b`\n",
    "an alias with no name": b"a: *\n",
    "an anchor with no name": b"a: & b\n",
    "a bracket that closes nothing": b"a: ]\n",
    "a key of a megabyte": b"x" * (MIB - 10) + b": 1\n",
    "a list in place of a policy": b"- a\n",
    "a word in place of a policy": b"passmuster\n",
    "names that old YAML reads as truth": _HEAD + b"pack: yes\nversion: on\nrules: off\n",
    "numbers that old YAML reads by sixties": _HEAD + b"version: 1:20\nrules: [0o17, 0x1F, 010]\n",
}


def measure() -> None:
    """Read every file as a policy, each in a process of its own; print what each took, as JSON."""
    from passmuster import policy  # noqa: PLC0415 - what importing costs is not measured
    from passmuster.errors import PolicyError  # noqa: PLC0415

    def refused(text: bytes) -> str:
        try:
            policy.load(text, "hostile.yaml")
        except PolicyError as error:
            return str(error)
        return "nothing"

    refused(b"schema: passmuster.policy/1\n")  # what is imported and compiled at first use
    found = {name: _apart(lambda text=text: refused(text)) for name, text in FILES.items()}  # type: ignore[misc]
    sys.stdout.write(json.dumps(found))


def _apart(run: Callable[[], str]) -> dict[str, object]:
    """What a run says and takes, in a child: its own processor time, and how far its memory grew."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        before = resource.getrusage(resource.RUSAGE_SELF)
        told = run()
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        taken = {"seconds": seconds, "kib": after.ru_maxrss - before.ru_maxrss, "told": told[:2000]}
        os.write(writer, json.dumps(taken).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    taken_there: dict[str, object] = json.loads(answer)
    return taken_there


if __name__ == "__main__":
    measure()
