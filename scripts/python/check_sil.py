"""Finds conversions of floating point to integers in SIL files; see scripts/check-sil."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ALLOWED = ["Sources/Formatting/IntegerConversion.swift", "Sources/CNNEngine/Kernels/"]
# The builtins behind Int(x), and what generic code and vectors call for the same.
CONVERSION = re.compile(r"builtin \"fpto[su]i_|function_ref @\S*(?:FixedWidthInteger\S*_convert4from|SIMD\S*8rounding)")
LOCATION = re.compile(r'loc (?:\* )?"([^"]+)":(\d+):')
SCOPE = re.compile(r"sil_scope (\d+) \{(.*)\}")
NAME = re.compile(r"^// (?!Isolation|%)(.+)")


class Scopes:
    """The scopes of a SIL file: where each instruction comes from, before it was inlined."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def location(self, line: str) -> tuple[str, str]:
        """File and line of an instruction: its own, else those of its function or of the one that it is inlined into."""
        match = LOCATION.search(line)
        scope = re.search(r"scope (\d+)", line)
        while match is None and scope is not None:
            text = self.texts.get(scope[1], "")
            match = LOCATION.search(text)
            scope = re.search(r"(?:inlined_at|parent) (\d+)", text)
        return (match[1], match[2]) if match else ("", "")


def conversions(path: Path) -> Iterator[tuple[str, str, str]]:
    """File, line and function of each conversion."""
    scopes, function, comment = Scopes(), "", ""
    with path.open(errors="replace") as lines:
        for line in lines:
            if line.startswith("sil_scope"):
                if match := SCOPE.match(line):
                    scopes.texts[match[1]] = match[2]
            elif match := NAME.match(line):
                comment = match[1].split(", loc ")[0]
            elif line.startswith("sil "):
                function = comment
            elif CONVERSION.search(line):
                yield *scopes.location(line), function


def main() -> int:
    modules = sorted(Path(sys.argv[1]).glob("*.sil"))
    sources = {path.relative_to(ROOT / "Sources").parts[0] for path in (ROOT / "Sources").rglob("*.swift")}
    if len(modules) < len(sources):
        print(f"{len(modules)} SIL files for {len(sources)} modules: {', '.join(module.stem for module in modules)}", file=sys.stderr)
        return 1
    found = set()
    for module in modules:
        for file, line, function in conversions(module):
            name = file.removeprefix(f"{ROOT}/")
            if ".build/" not in name:
                found.add((name or module.stem, int(line or 0), function))
    wrong = [place for place in sorted(found) if not place[0].startswith(tuple(ALLOWED))]
    for file, line, function in wrong:
        print(f"{file}:{line}: a floating-point number becomes an integer in {function}", file=sys.stderr)
    if wrong:
        print("use Int(clamping:) or Int(whole:) of Sources/Formatting/IntegerConversion.swift", file=sys.stderr)
        return 1
    print(f"{len(found)} conversions, all in {' or '.join(ALLOWED)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
