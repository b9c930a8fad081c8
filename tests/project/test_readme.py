"""What the README shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_first_example_trains_in_both_frameworks(capsys) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    exec(blocks[0], names)
    torch_history = names["history"]
    # The second block is the same three lines; only the framework's name differs.
    assert blocks[1].strip().splitlines()[-2:] == [
        line.replace('"torch"', '"tensorflow"') for line in blocks[0].strip().splitlines()[-2:]
    ]
    exec(blocks[1], names)
    tensorflow_history = names["history"]
    assert torch_history["val_accuracy"][-1] > 0.85
    for ours, theirs in zip(torch_history["loss"], tensorflow_history["loss"], strict=True):
        assert abs(ours - theirs) < 1e-3 * ours


def test_every_link_and_picture_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for text in (README, (ROOT / "CONTRIBUTING.md").read_text("utf-8")):
        for target in re.findall(r"\bmake ([a-z]+)\b", text):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
