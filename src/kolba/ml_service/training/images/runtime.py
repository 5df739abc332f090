"""How torch computes here: as many threads as it is given, and the same result each time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch


def prepare(threads: int) -> None:
    """Call it before anything is computed. The numbers' last digits depend on `threads`."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it CUDA has no one result
    torch.set_num_threads(threads)
    # Not `use_deterministic_algorithms`, which says the same, but loads a compiler for 2.4 s.
    torch.set_deterministic_debug_mode("error")
    # Nothing here reads memory before it is written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


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
