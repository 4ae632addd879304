"""Columns too large for the memory lie in files without a name: the system keeps of them in memory what is in use, and a kill leaves nothing.

A rating whose columns are small never touches the disk.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LEAST = 64 << 20
"""Bytes from which a column goes to the disk: eight million numbers."""
_AT_ONCE = 1 << 20
"""Rows moved at once, so that no second copy of a column is in memory."""


class Scratch:
    """Makes columns; the large ones in files below `folder`, where there is one."""

    def __init__(self, folder: Path | None = None, least: int = LEAST) -> None:
        self._folder, self._least = folder, least

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """A column whose values are not set yet. Raises OSError when the disk is full."""
        type_ = np.dtype(dtype)
        size = int(np.prod(shape)) * type_.itemsize
        if self._folder is None or type_.hasobject or size < max(self._least, 1):
            return np.empty(shape, type_)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            if hasattr(os, "posix_fallocate"):
                # A file with holes would end the process, not the call, when the disk is full.
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            return np.asarray(np.memmap(file, type_, "r+", shape=shape))

    def taken(self, values: NDArray[Any], order: NDArray[np.int64]) -> NDArray[Any]:
        """values[order]."""
        out = self.empty((len(order), *values.shape[1:]), values.dtype)
        for low in range(0, len(order), _AT_ONCE):
            out[low : low + _AT_ONCE] = values[order[low : low + _AT_ONCE]]
        return out

    def kept(self, values: NDArray[Any]) -> NDArray[Any]:
        """The same values where `empty` would put them."""
        out = self.empty(values.shape, values.dtype)
        for low in range(0, len(values), _AT_ONCE):
            out[low : low + _AT_ONCE] = values[low : low + _AT_ONCE]
        return out


NONE = Scratch()
