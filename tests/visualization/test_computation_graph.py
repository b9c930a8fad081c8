from __future__ import annotations

import pytest

from coursekit.errors import DataError
from coursekit.visualization import graph
from coursekit.visualization.computation import _plan

NODES = {"w": (2.0, -6.0), "x": (3.0, -4.0), "u = w·x": (6.0, -2.0), "y": (7.0, 2.0), "L": (1.0, 1.0)}
EDGES = [("w", "u = w·x", "x = 3"), ("x", "u = w·x"), ("u = w·x", "L"), ("y", "L")]


def boxes(picture):
    return [patch.get_bbox() for patch in picture.panels[0].axes[0].patches if hasattr(patch, "get_boxstyle")]


def test_each_node_says_name_value_and_gradient():
    picture = graph(NODES, EDGES, title="backpropagation")
    said = [text.get_text() for text in picture.panels[0].axes[0].texts]
    for text in ("w", "value 2", "gradient \N{MINUS SIGN}6", "u = w·x", "gradient 1", "x = 3", "backpropagation"):
        assert text in said
    assert picture.state.startswith("Values run forward; gradients of L run back. w: value 2, gradient")
    assert "w to u = w·x (x = 3)" in picture.alt


def test_arrows_run_to_the_right_and_boxes_do_not_overlap():
    plan = _plan(list(NODES), [edge[:2] for edge in EDGES])
    column = {name: number for number, one in enumerate(plan.columns) for name in one}
    assert all(column[edge[0]] < column[edge[1]] for edge in EDGES)
    assert column["y"] == column["u = w·x"]  # beside its use, and not at the far left
    found = boxes(graph(NODES, EDGES))
    assert len(found) == len(NODES)
    for index, one in enumerate(found):
        assert not any(one.overlaps(other) for other in found[index + 1 :])


def test_a_long_arrow_passes_every_column_beside_its_nodes():
    plan = _plan(["a", "b", "c", "d"], [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")])
    ways = [one for column in plan.columns for one in column if not isinstance(one, str)]
    assert ways == [("a", "d", 1), ("a", "d", 2)]
    assert all(len(column) == len(set(map(str, column))) for column in plan.columns)


def test_words_and_nothing_in_place_of_numbers():
    said = [text.get_text() for text in graph({"z": ("(8, 3)", None)}, []).panels[0].axes[0].texts]
    assert said == ["z", "value (8, 3)"]


def test_what_is_no_graph_is_refused():
    with pytest.raises(DataError, match="a -> b -> a"):
        graph({"a": (1, 1), "b": (1, 1)}, [("a", "b"), ("b", "a")])
    with pytest.raises(DataError, match="'q'"):
        graph({"a": (1, 1)}, [("a", "q")])
    with pytest.raises(DataError, match="0 nodes"):
        graph({}, [])
