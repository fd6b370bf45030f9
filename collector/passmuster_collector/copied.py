"""What shows that a copied file is whole: in a dump, a look that saw nothing is not a look.

GNU tar stores files of procfs as 0 bytes and pads those of sysfs with NULs; a full disk, a size limit or a broken
transfer cuts a file anywhere. What the kernel, a program or a package wrote ends with a newline, and is not empty.
Files of a running host are never judged by this: there, an empty file is a fact.
"""

import re
from typing import Sequence, Union

from passmuster_collector.reading import Reason, Text, Unknown

_BY_HAND = re.compile(r"/(etc/(hostname|machine-id)|(sos_commands/\w+/|insights_commands/)?hostname(_-f)?)\Z")
"""Often written without a newline, and read for a name alone."""
_JSON = re.compile(r"/(var/lib/kubelet/cpu_manager_state|[^/]+\.json)\Z")
_UNENDED = re.compile(r"/sys/(firmware/devicetree/|fs/selinux/enforce\Z|kernel/security/lsm\Z)")
"""The kernel itself ends these without a newline."""
_UNAME = re.compile(r"/(uname|(sos|insights)_commands/(kernel/)?uname_-a)\Z")
_CPUINFO = "/proc/cpuinfo"
_BLANK = re.compile(r"\n[ \t]*\n\Z")
_LAST_KEYS = frozenset(
    (
        "power management",  # x86
        "CPU revision",  # ARM
        *("Hardware", "Revision", "Serial", "Model"),  # ARM, below the processors
        *("revision", "timebase", "platform", "model", "machine", "firmware", "MMU", "Memory"),  # POWER
        *("pmac-generation", "detected as", "L2 cache", "motherboard"),  # Power Macs
        "cpu MHz static",  # s390x
    )
)
"""Last lines of a processor, or of /proc/cpuinfo, where no blank line follows."""
_S390 = re.compile(r"^# processors[ \t]*:[ \t]*([0-9]{1,6})$", re.MULTILINE)
_S390_LINE = re.compile(r"^processor [0-9]+:", re.MULTILINE)


def whole(path: str, text: str) -> Union[Text, Unknown]:
    """A copied file's text, without what the copying added; unknown where it was lost or cut on the way."""
    text = text.rstrip("\0") if "\0" in text else text
    text = text.replace("\r\n", "\n")
    if not text.strip():
        return Unknown(Reason.NOT_COLLECTED, f"{path} is empty in the dump{_why(path)}")
    if _is_whole(path, text):
        return Text(text)
    return Unknown(Reason.UNREADABLE, f"{path} is cut in the dump (its last line is not whole)")


def _why(path: str) -> str:
    return " (tar cannot copy files of the kernel)" if of_the_kernel(path) else ""


def of_the_kernel(path: str) -> bool:
    """Whether the kernel makes the file: procfs, sysfs, and control groups wherever they are mounted."""
    name = path.rpartition("/")[2]
    return path.startswith(("/proc/", "/sys/")) or name.startswith("cgroup.") or name == "misc.capacity"


def _is_whole(path: str, text: str) -> bool:
    if path == _CPUINFO:
        return _closed(text)
    if text.endswith("\n") or _BY_HAND.search(path) or _UNENDED.match(path):
        return True
    if _UNAME.search(path):
        return text.endswith("GNU/Linux")
    if _JSON.search(path):
        return text.rstrip().endswith("}")
    return path.startswith("/proc/") and path.endswith(("/cmdline", "/environ")) and path.count("/") == 3


def goes_past(names: Sequence[str], name: str) -> bool:
    """Whether a copied list of names is sorted, and goes on behind the place where a name would be.

    Programs sort by bytes or by the rules of a locale: the first letters of names in small letters are alike in both.
    """
    letters = [one[0] for one in names if one[:1].islower()]
    return letters == sorted(letters) and bool(letters) and letters[0] <= name[:1] < letters[-1]


def _closed(text: str) -> bool:
    """Whether the last processor is there to its last line: a blank line follows, or the line is a known last one."""
    if _BLANK.search(text):
        return True
    last = text.rstrip("\n").rpartition("\n")[2]
    key = last.partition(":")[0].strip()
    if ":" not in last:
        return False
    if key in _LAST_KEYS:
        return text.endswith("\n") or key in ("power management", "CPU revision")
    listed = _S390.search(text)
    return listed is not None and text.endswith("\n") and len(_S390_LINE.findall(text)) == int(listed.group(1))
