"""Ask the kernel whether it controls devices in the unified hierarchy: bpf(2), BPF_PROG_QUERY, BPF_CGROUP_DEVICE.

Nothing is loaded or attached; the query counts the programs of one folder. The C library has no wrapper, so the call is
made by number, which depends on the architecture that the interpreter was built for.
"""

import errno
import os
import struct

from passmuster_collector.reading import Known, Reason, Result, Unknown

_PROG_QUERY = 16
_CGROUP_DEVICE = 6
_SIZE = 64  # longer than any kernel's part of the union; zeros behind are allowed (bpf_check_uarg_tail_zero)
_NUMBERS = {
    ("x86_64", 8): 321,
    ("x86_64", 4): 357,
    ("i686", 4): 357,
    ("i386", 4): 357,
    ("aarch64", 8): 280,
    ("aarch64", 4): 386,
    ("armv7l", 4): 386,
    ("armv8l", 4): 386,
    ("ppc64le", 8): 361,
    ("ppc64", 8): 361,
    ("s390x", 8): 351,
    ("riscv64", 8): 280,
    ("loongarch64", 8): 280,
    ("sparc64", 8): 349,
}


def query_devices(folder: int, machine: str) -> Result:
    """Whether the kernel answers for an open folder of the unified hierarchy."""
    number = _NUMBERS.get((machine, struct.calcsize("P")))
    if number is None:
        return Unknown(Reason.NOT_COLLECTED, f"the number of bpf(2) on {machine} is not known")
    try:
        import ctypes  # noqa: PLC0415 - slow to load, and left out of some small Pythons
    except ImportError:
        return Unknown(Reason.NOT_COLLECTED, "this Python has no ctypes to call bpf(2)")
    request = ctypes.create_string_buffer(struct.pack("=II", folder, _CGROUP_DEVICE), _SIZE)
    library = ctypes.CDLL(None, use_errno=True)
    status = library.syscall(ctypes.c_long(number), ctypes.c_int(_PROG_QUERY), request, ctypes.c_uint(_SIZE))
    return answer(0 if status >= 0 else ctypes.get_errno())


def answer(error: int) -> Result:
    """What an error number of the query means; 0 is none."""
    if error == 0:
        return Known(value=True)
    if error in (errno.EINVAL, errno.ENOSYS):
        return Known(value=False)
    if error in (errno.EPERM, errno.EACCES):
        return Unknown(Reason.DENIED, "bpf(2): permission denied")
    return Unknown(Reason.FAILED, f"bpf(2): {os.strerror(error)}")
