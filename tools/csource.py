"""C sources for the checks of this folder: which there are, and their text without comments."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUFFIXES = {".c", ".h", ".cc", ".cpp", ".hpp"}

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<literal>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.DOTALL | re.VERBOSE,
)


def files(root, folders):
    """Paths of C files below these folders, relative to root, sorted."""
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                found.append(path.relative_to(root).as_posix())
    return found


def strip(text, literals=False):
    """Blank out comments, and the contents of literals too; lines keep their numbers."""

    def blank(match):
        if match["comment"]:
            return " " + "\n" * match["comment"].count("\n")
        return '""' if literals else match["literal"]

    return _TOKEN.sub(blank, text)
