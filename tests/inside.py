"""inside: system calls made in another process, as one who took it over would make them."""
import contextlib
import ctypes
import os
import re
import socket
import subprocess
from pathlib import Path

# Runs a system call in another process, as one who took it over would: x86-64 alone.
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
ATTACH, DETACH, GETREGS, SETREGS, PEEK, POKE, STEP = 16, 17, 12, 13, 1, 4, 9
NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base "
         "ds es fs gs").split()


class Regs(ctypes.Structure):
    _fields_ = [(n, ctypes.c_ulonglong) for n in NAMES]


def ptrace(what, pid, address=None, data=None):
    ctypes.set_errno(0)
    result = libc.ptrace(what, pid, address, data)
    if ctypes.get_errno():
        raise OSError(ctypes.get_errno(), "ptrace")
    return result


def call_in(pid, number, *arguments):
    ptrace(ATTACH, pid)
    os.waitpid(pid, 0)
    saved, regs = Regs(), Regs()
    ptrace(GETREGS, pid, None, ctypes.addressof(saved))
    ctypes.memmove(ctypes.addressof(regs), ctypes.addressof(saved), ctypes.sizeof(regs))
    word = ptrace(PEEK, pid, saved.rip)
    try:
        ptrace(POKE, pid, saved.rip, (word & ~0xFFFF) | 0x050F)  # syscall
        regs.rax, regs.orig_rax = number, (1 << 64) - 1
        for name, value in zip(("rdi", "rsi", "rdx", "r10"), arguments):
            setattr(regs, name, value)
        ptrace(SETREGS, pid, None, ctypes.addressof(regs))
        ptrace(STEP, pid)
        os.waitpid(pid, 0)
        ptrace(GETREGS, pid, None, ctypes.addressof(regs))
    finally:
        ptrace(POKE, pid, saved.rip, word)
        ptrace(SETREGS, pid, None, ctypes.addressof(saved))
        ptrace(DETACH, pid)
    return ctypes.c_longlong(regs.rax).value


@contextlib.contextmanager
def memory_in(pid, content):
    """Puts bytes where the process can use them, and what was there back afterwards."""
    here = Path(f"/proc/{pid}/maps").read_text()
    stack = int(re.search(r"^([0-9a-f]+)-[0-9a-f]+ rw-p .*\[stack\]$", here, re.M).group(1), 16)
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(stack)
        kept = memory.read(len(content))
        memory.seek(stack)
        memory.write(content)
        yield stack
        memory.seek(stack)
        memory.write(kept)


@contextlib.contextmanager
def held(pid):
    """Keeps a process from doing anything meanwhile; when we end, however, it goes on."""
    ptrace(ATTACH, pid)
    os.waitpid(pid, 0)
    try:
        yield
    finally:
        try:
            ptrace(DETACH, pid)
        except ProcessLookupError:  # it was killed: its own parent hears of it after us
            os.waitpid(pid, 0)


PIDFD_GETFD = 438


def inodes_of(pid):
    found = {}
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(fd))
            if match:
                found[match.group(1)] = int(fd.name)
    return found


def socket_between(pid, other, prefix=()):
    """The end that `pid` has of a socket pair with `other`, as a socket of our own. `prefix`: a command that runs
    others in their network namespace."""
    ours, theirs = inodes_of(pid), inodes_of(other)
    shown = subprocess.run([*prefix, "ss", "-xanH"], check=True, capture_output=True, text=True).stdout
    for line in shown.splitlines():
        match = re.search(r"\* (\d+)\s+\* (\d+)", line)
        if match and line.startswith("u_str") and match.group(1) in ours and match.group(2) in theirs:
            fd = libc.syscall(PIDFD_GETFD, os.pidfd_open(pid), ours[match.group(1)], 0)
            if fd < 0:
                raise OSError(ctypes.get_errno(), "pidfd_getfd")
            return socket.socket(fileno=fd)
    raise AssertionError("they do not speak to each other")
