"""What is sent to a phone besides pages: small, flat, ours alone, and able to run under the content policy."""

import re
import shutil
import struct
import subprocess
from pathlib import Path

import brotli
import pytest

from planner.icons import ICONS, sprite, symbol, use

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "static"
CSS = sorted((STATIC / "css").glob("*.css"))
JS = sorted((STATIC / "js").rglob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LAYERS = ["tokens", "base", "layout", "parts", "util", "print"]


def compressed(files: list[Path]) -> int:
    return len(brotli.compress(b"".join(path.read_bytes() for path in files)))


def blocks(text: str) -> list[tuple[str, str]]:
    """Return (prelude, enclosing prelude) of every block in a style sheet, outermost first."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r'"[^"]*"', '""', text)
    found, stack, start = [], [""], 0
    for place, sign in enumerate(text):
        if sign == "{":
            prelude = text[start:place].strip()
            found.append((prelude, stack[-1]))
            stack.append(prelude)
        elif sign == "}":
            stack.pop()
            assert stack, "one brace too many"
        if sign in "{};":
            start = place + 1
    assert stack == [""], f"unclosed: {stack[1:]}"
    return found


def nested(text: str) -> list[str]:
    return [prelude for prelude, outer in blocks(text) if outer and not outer.startswith("@")]


def test_the_styles_of_any_page_are_at_most_6_kb() -> None:
    """A page has the common ones; the desk has its own besides, any other those for paper, and a plan those of a document."""
    assert {path.stem for path in CSS} == {"tokens", "base", "components", "print", "desk", "doc"}
    for others in ({"desk"}, {"doc", "print"}):
        assert compressed([path for path in CSS if path.stem not in others]) <= 6 * 1024


def test_all_script_together_is_at_most_15_kb() -> None:
    assert {path.name for path in JS} >= {"app.js", "sw.js", "live.js"}
    assert sum(compressed([path]) for path in JS) <= 15 * 1024


def test_the_check_for_nesting_sees_nesting() -> None:
    assert nested("a { color: red; b { color: blue } }") == ["b"]
    assert nested("@media print { a { &:hover { top: 0 } } }") == ["&:hover"]
    assert nested(".a { top: 0; @media print { left: 0 } }") == ["@media print"]
    assert nested('@layer x { @media print { a { content: "{" } } } /* a { b { */') == []


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_styles_are_flat_and_layered(path: Path) -> None:
    text = path.read_text("utf-8")
    assert nested(text) == []
    assert not re.search(r"(^|[,{}\s])&", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    outermost = [prelude for prelude, outer in blocks(text) if not outer]
    assert all(prelude.removeprefix("@layer ") in LAYERS for prelude in outermost)


def test_has_never_shares_a_selector_list() -> None:
    """A browser that does not know :has() drops the whole rule, so such a rule must hold nothing else."""
    rules = [prelude for path in CSS for prelude, _ in blocks(path.read_text("utf-8")) if ":has(" in prelude]
    assert rules
    assert all("," not in rule for rule in rules)


def test_the_two_dark_themes_are_the_same() -> None:
    text = (STATIC / "css/tokens.css").read_text("utf-8")
    chosen, device = (
        re.search(start + r"\s*{([^}]*)}", text) for start in (r"\[data-theme=dark\]", r"not\(\[data-theme\]\)")
    )
    assert chosen
    assert device
    assert chosen[1].split() == device[1].split()


def test_every_colour_and_size_used_is_defined() -> None:
    text = "".join(path.read_text("utf-8") for path in CSS)
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= set(re.findall(r"(--[\w-]+):", text))


def luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(sign * 2 for sign in colour)
    parts = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [r":root", r":root\[data-theme=dark\]"])
def test_contrast_meets_wcag_aa(theme: str) -> None:
    found = re.search(theme + r"\s*{([^}]*)}", (STATIC / "css/tokens.css").read_text("utf-8"))
    assert found
    light = {name: luminance(colour) for name, colour in re.findall(r"--([\w-]+): #([0-9a-f]{3,6})\b", found[1])}

    def contrast(one: str, other: str) -> float:
        low, high = sorted((light[one], light[other]))
        return (high + 0.05) / (low + 0.05)

    words = [
        (ink, ground)
        for ink in ("ink", "ink2", "accent", "accent-ink", "warn", "bad", "info")
        for ground in ("bg", "card", "sunk")
    ]
    words += [
        ("on", "accent"),
        ("on", "accent-ink"),
        ("accent-ink", "accent-soft"),
        ("warn", "warn-soft"),
        ("bad", "bad-soft"),
        ("info", "info-soft"),
    ]
    marks = [(mark, "card") for mark in ("edge", "c1", "c2", "c3", "c4")] + [
        ("edge", "bg"),
        ("edge", "sunk"),
        ("accent", "accent-soft"),
    ]
    assert {pair: contrast(*pair) for pair in words if contrast(*pair) < 4.5} == {}
    assert {pair: contrast(*pair) for pair in marks if contrast(*pair) < 3} == {}


@pytest.mark.parametrize("path", [*CSS, *JS, *sorted((STATIC / "icons").glob("*.svg"))], ids=lambda path: path.name)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|@import|url\(\s*['\"]?(https?:)?//", text)


@pytest.mark.parametrize("path", JS, ids=lambda path: path.name)
def test_script_runs_under_the_content_policy(path: Path) -> None:
    code = re.sub(r"(^|\s)//.*", "", path.read_text("utf-8"))
    assert not re.search(
        r"\beval\(|new Function|innerHTML|outerHTML|document\.write|setTimeout\(\s*['\"`]|\.on(click|submit|input)\s*=",
        code,
    )


@pytest.mark.parametrize("path", JS, ids=lambda path: path.name)
def test_script_parses(path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    # The worker is a classic script, the rest are modules.
    kind = "commonjs" if path.name == "sw.js" else "module"
    ran = subprocess.run(
        [node, f"--input-type={kind}", "--check"], input=path.read_bytes(), capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()


def test_the_worker_starts_with_what_the_server_fills_in() -> None:
    first = (STATIC / "js/sw.js").read_text("utf-8").splitlines()[0]
    assert first == 'const VERSION = "__VERSION__"; const SHELL = __SHELL__; const PRIVATE = "private-v1";'
    assert 'const PRIVATE = "private-v1";' in (STATIC / "js/app.js").read_text("utf-8")


def used_icons(text: str) -> set[str]:
    return set(re.findall(r"\bicon\(\s*['\"]([\w-]+)['\"]", text)) | set(
        re.findall(r"icon_name\s*=\s*['\"]([\w-]+)['\"]", text)
    )


def test_every_icon_a_template_names_exists() -> None:
    assert used_icons("{{ icon('a') }} {{ icon(\"b\", true) }} {{ m(icon_name='c') }}") == {"a", "b", "c"}
    missing = {path.name: used_icons(path.read_text("utf-8")) - set(ICONS) for path in TEMPLATES}
    assert {name: icons for name, icons in missing.items() if icons} == {}


def test_a_sprite_holds_each_used_icon_once_and_no_other() -> None:
    page = sprite(["bell", "alert", "bell"])
    assert re.findall(r'id="i-(\w+)"', page) == ["alert", "bell"]
    assert symbol("bell") in page
    assert 'href="#i-bell"' in use("bell")
    assert 'class="icon s flip"' in use("next", small=True)
    for refuse in (use, symbol):
        with pytest.raises(KeyError):
            refuse("no-such-icon")


@pytest.mark.parametrize(
    ("name", "side"), [("icon-192", 192), ("icon-512", 512), ("maskable-512", 512), ("apple-touch-icon", 180)]
)
def test_app_icons_have_their_size_and_are_small(name: str, side: int) -> None:
    data = (STATIC / f"icons/{name}.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (side, side)
    assert len(data) < 8 * 1024


def test_layers_are_declared_before_they_are_used() -> None:
    first = re.search(r"@layer ([\w, ]+);", (STATIC / "css/tokens.css").read_text("utf-8"))
    assert first
    assert first[1].split(", ") == LAYERS
