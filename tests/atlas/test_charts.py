"""What a page draws: numbers as they are told, and a small course of them for a card."""

import numpy as np

from convscope.atlas.charts import Chart, Series, card, sketch


def test_numbers_have_four_digits_and_those_that_are_none_are_null() -> None:
    curve = Series("conv1", [0.123456, float("nan"), None], [0.1, float("inf"), None], np.array([0.2, 1e-9, np.nan]))
    said = Chart("moved", "distance", [-40.0, 0.0, 40.0], [curve], "pixels").to_json()
    assert said["at"] == [-40, 0, 40]
    assert said["series"] == [
        {"name": "conv1", "look": "measured", "values": [0.1235, None, None], "low": [0.1, None, None],
         "high": [0.2, 1e-9, None]}
    ]  # fmt: skip


def test_rows_have_names_and_intervals_with_one_end_only_are_none() -> None:
    said = Chart("x", "y", ["fc\udce9", "conv"], [Series("a", [1, 2], low=[0, 1])], kind="rows").to_json()
    assert said["at"] == ["fc\ufffd", "conv"]
    assert "low" not in said["series"][0]


def test_a_sketch_is_hundredths_of_three_curves_at_most() -> None:
    curves = [Series(str(n), [n, n + 2.0, None]) for n in range(5)]
    drawn = sketch(Chart("x", "y", [0.0, 1.0, 2.0], curves).to_json())
    assert drawn == [[0, 50, None], [25, 75, None], [50, 100, None]]
    long = sketch(Chart("x", "y", list(range(100)), [Series("a", list(range(100)))]).to_json())
    assert len(long[0]) == 24
    assert (long[0][0], long[0][-1]) == (0, 100)
    assert sketch(Chart("x", "y", [0.0], [Series("a", [1.0])]).to_json()) == []
    assert sketch(Chart("x", "y", [0.0, 1.0], [Series("a", [None, None])]).to_json()) == []


def test_a_card_of_covered_places_is_what_each_loses_and_of_causes_their_lines() -> None:
    grid = {"of": "a", "before": 1.0, "after": [1.5, 0.75, None, 0.5, 1.0, 1.0]}
    assert card({"shape": [2, 3], "images": [{"grids": [grid]}]}) == ([[0, 50, None], [100, 0, 0]], "grid")
    wide = {"before": 1.0, "after": [float(n) for n in range(50 * 50)]}
    assert [len(row) for row in card({"shape": [50, 50], "images": [{"grids": [wide]}]})[0]] == [24] * 24
    units = ["2:7@1,2", "1:2@3,3", "1:0@1,1", "0:5"]
    graph = {
        "nodes": [{"unit": unit} for unit in units], "layers": ["1", "0"],
        "edges": [[1, 0, 2.0], [2, 0, -0.5], [3, 2, 0.25], [9, 0, 8.0]],
    }  # fmt: skip
    assert card({"graphs": [graph]}) == ([[0, 50, 50, 25, 100], [0, 50, 50, 75, -25], [50, 75, 100, 50, 12]], "graph")
    assert card({"usual": []}) == ([], "")
