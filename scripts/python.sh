#!/bin/sh
# Print the path of a Python 3.11 or newer, or explain in one line and fail.
# The lock was made for 3.11, so that one is tried first.
for name in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14 python; do
    path=$(command -v "$name" 2>/dev/null) || continue
    if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        printf '%s\n' "$path"
        exit 0
    fi
done
echo "[kamengwatch] error: no Python 3.11 or newer on the PATH; install it or set PYTHON=/path/to/python3.11" >&2
exit 1
