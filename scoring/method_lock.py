"""Ties METHOD_VERSION to the numbers and the code it names; docs/method.lock gains a line per version, never loses one.

`python -m scoring.method_lock` adds the present version; it refuses to change the line of a version that is already there. Code that became faster
and rates every site as before is the same method: `python -m scoring.method_lock --same "what shows it"` adds its line to the version, with the reason.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from pathlib import Path

from scoring import method

_HERE = Path(__file__).parent
LOCK = _HERE.parent / "docs" / "method.lock"
SCORED = (
    "engine/load_market",
    "features",
    "filing_checks",
    "finding",
    "indicators",
    "linkage",
    "method",
    "observations",
    "page_terms",
    "rating",
    "utility",
    "warning",
)
"""Modules and whole folders whose code can change a score, a grade or a state."""
UNSCORED = (
    "figures",
    "fork_pool",
    "promise_ledger",
    "snapshot.reader",
    "snapshot.writer",
)
"""Modules that scored ones import and that move no score: words, figures and tables beside them, files and processes.

A module that scored code imports is in one of the two lists (tests/scoring/rating/test_method.py)."""


def scored_modules() -> list[str]:
    """The dotted names, inside scoring/, of all modules under the lock."""
    files: set[Path] = set()
    for name in SCORED:
        files |= (
            {_HERE / f"{name}.py"} if (_HERE / f"{name}.py").is_file() else set((_HERE / name).glob("*.py"))
        )
    return sorted(
        file.relative_to(_HERE).with_suffix("").as_posix().replace("/", ".")
        for file in files
        if file.stem != "__init__"
    )


def fingerprint() -> str:
    """sha256 over the syntax trees, without docstrings and comments, of everything scored."""
    digest = hashlib.sha256()
    for name in scored_modules():
        file = _HERE / f"{name.replace('.', '/')}.py"
        tree = _Bare().visit(ast.parse(file.read_text("utf-8")))
        digest.update(f"{name}\n{ast.dump(tree)}\n".encode())
    return digest.hexdigest()


class _Bare(ast.NodeTransformer):
    """Drops docstrings and other bare strings: words may be corrected without a new method version."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Remove an expression that is only a string."""
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return node


def locked(file: Path = LOCK) -> dict[str, set[str]]:
    """version -> its fingerprints as recorded; empty when there is no file yet."""
    found: dict[str, set[str]] = {}
    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        if line and not line.startswith("#"):
            version, known = line.split()[:2]
            found.setdefault(version, set()).add(known)
    return found


def complaint(file: Path = LOCK) -> str | None:
    """What is wrong with the lock and what to do, or None."""
    known = locked(file).get(method.METHOD_VERSION)
    if known is None:
        return f"method version {method.METHOD_VERSION} is not in docs/method.lock: run `python -m scoring.method_lock`"
    if fingerprint() not in known:
        return (
            f"scored code or numbers changed but METHOD_VERSION is still {method.METHOD_VERSION}: give it a new value in "
            "scoring/method.py, run `python -m scoring.method_lock`, and say in CHANGELOG (Method) what changed and why; "
            'if no figure changes, `python -m scoring.method_lock --same "what shows it"`'
        )
    return None


def main(words: list[str]) -> int:
    """Record the present version, or with `--same` that other code is the same method."""
    known = locked()
    same = len(words) == 2 and words[0] == "--same" and bool(words[1].strip())
    if words and not (same and method.METHOD_VERSION in known):
        print(
            'say what shows that a recorded version rates as before: python -m scoring.method_lock --same "…"'
        )
        return 2
    if method.METHOD_VERSION in known and not (same and complaint()):
        wrong = complaint()
        print(wrong or f"{method.METHOD_VERSION} is recorded")
        return 1 if wrong else 0
    head = (
        ""
        if LOCK.is_file()
        else "# method version and fingerprint of the numbers and code it names; lines are never changed\n"
    )
    with LOCK.open("a", encoding="utf-8") as stream:
        stream.write(f"{head}{method.METHOD_VERSION} {fingerprint()}{f' same: {words[1]}' if same else ''}\n")
    print(f"{method.METHOD_VERSION} recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
