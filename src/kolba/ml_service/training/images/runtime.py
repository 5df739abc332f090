"""How torch computes here: as many threads as it is given, and the same result each time."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

import torch

_TRIM_THRESHOLD, _MOST_MAPPED = -1, -4
"""Of `mallopt`, in the C library's malloc.h."""


def prepare(threads: int) -> None:
    """Call it before anything is computed. The numbers' last digits depend on `threads`."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it CUDA has no one result
    torch.set_num_threads(threads)
    # Not `use_deterministic_algorithms`, which says the same, but loads a compiler for 2.4 s.
    torch.set_deterministic_debug_mode("error")
    # Nothing here reads memory before it is written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    _keep_memory()


def _keep_memory() -> None:
    """Let the C library keep what is freed for what is asked for next, where it can.

    Otherwise a step's tensors, some megabytes each, go back to the system and come as new pages in the next step: 5,000
    page faults a step, a fifth of all processor time.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # not glibc
        return
    mallopt(_MOST_MAPPED, 0)
    mallopt(_TRIM_THRESHOLD, 2**31 - 1)


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
    """Torch has an error of its own for a processor's memory that is used up; out of it comes `MemoryError`."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise MemoryError from error
    except RuntimeError as error:
        if "allocate memory" in str(error):
            raise MemoryError from error
        raise


def version() -> str:
    """For the summary: torch's version and where it computes, as both shape the last digits."""
    if torch.cuda.is_available():
        return f"{torch.__version__} ({torch.cuda.get_device_name()})"
    return f"{torch.__version__} ({torch.get_num_threads()} threads)"
