"""Copies the docstrings of the native module, written in Rust, into its stub for editors to show.

    python stubs.py STUB            writes them
    python stubs.py --check STUB    fails if they are not there

It asks the module that is installed where it runs.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from pathlib import Path
from typing import Union

from wechat_oauth import _native

Documented = Union[ast.ClassDef, ast.FunctionDef]


def docstring(owner: object, name: str) -> str:
    """Give the docstring of a member, if it is its own and not one of Python's."""
    member = vars(owner).get(name)
    if name.startswith("__") or member is None:
        return ""
    return inspect.getdoc(getattr(owner, name)) or ""


def edit(lines: list[str], node: Documented, doc: str) -> None:
    """Put the docstring in the place of the node's, or of its ``...``."""
    if not doc:
        return
    first = node.body[0]
    start = first.lineno - 1
    quoted = f'"""{doc}\n"""' if "\n" in doc else f'"""{doc}"""'
    written = textwrap.indent(quoted, " " * (node.col_offset + 4)).split("\n")
    if isinstance(first, ast.Expr):
        # What stands before it on its line is the signature.
        signature = lines[start][: first.col_offset].rstrip()
        lines[start : first.end_lineno] = [*([signature] if signature else []), *written]
    else:
        decorators: list[ast.expr] = getattr(first, "decorator_list", [])
        start = min([start, *(decorator.lineno - 1 for decorator in decorators)])
        lines[start:start] = [*written, ""]


def documented(stub: str) -> str:
    """Give the stub with the docstrings of the module."""
    lines = stub.split("\n")
    edits: list[tuple[Documented, str]] = []
    for node in ast.parse(stub).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            edits.append((node, docstring(_native, node.name)))
        if isinstance(node, ast.ClassDef):
            owner = getattr(_native, node.name)
            edits.extend(
                (member, docstring(owner, member.name))
                for member in node.body
                if isinstance(member, ast.FunctionDef)
            )

    # From the end, so that no edit moves the next; a method may begin on its class's line.
    def place(found: tuple[Documented, str]) -> tuple[int, bool]:
        return found[0].body[0].lineno, isinstance(found[0], ast.FunctionDef)

    for node, doc in sorted(edits, key=place, reverse=True):
        edit(lines, node, doc)
    return "\n".join(line.rstrip() for line in lines)


def main() -> None:
    """Write or check."""
    stub = Path(sys.argv[-1])
    before = stub.read_text(encoding="utf-8")
    after = documented(before)
    if "--check" not in sys.argv:
        stub.write_text(after, encoding="utf-8")
    elif before != after:
        sys.exit(f"{stub} has other docstrings than the module: python {sys.argv[0]} {stub}")


if __name__ == "__main__":
    main()
