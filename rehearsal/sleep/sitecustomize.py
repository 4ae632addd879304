"""Programs whose date is moved by libfaketime sleep by `select`: its release 0.9.10 refuses the absolute sleeps of Python 3.11.

The rehearsal puts this folder on their PYTHONPATH, and Python imports it at their start.
"""

import select
import time


def sleep(seconds: float) -> None:
    """As time.sleep, by a wait that counts from now."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
