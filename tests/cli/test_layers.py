"""`convscope layers`."""

from collections.abc import Callable

import convscope as cs


def test_table_has_a_line_a_layer_with_its_receptive_field(convscope: Callable) -> None:
    done = convscope("layers", "zoo:tiny")
    assert (done.code, done.err) == (0, "")
    net = cs.load("zoo:tiny")
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    assert set(net.layers.names) <= set(lines)
    for layer in net.layers:
        line = lines[layer.name].split()
        assert line[1:4] == [layer.op, "x".join(map(str, layer.shape)), str(layer.channels)]
        if layer.field is None:
            assert "whole image" in lines[layer.name]
        else:
            assert line[4].lstrip("~") in (str(layer.field.size[0]), "{},{}".format(*layer.field.size))
    marked = {name for name, line in lines.items() if line.endswith("*")}
    assert marked == set(net.layers.stages())


def test_json_says_the_same(convscope: Callable) -> None:
    done = convscope("layers", "zoo:tiny", "--json")
    net = cs.load("zoo:tiny")
    document = done.document
    assert document["input_shape"] == list(net.input_shape)
    assert document["fingerprint"] == net.fingerprint
    assert [layer["name"] for layer in document["layers"]] == list(net.layers.names)
    first, field = document["layers"][0], net.layers[0].field
    assert field is not None
    assert first["field"] == {
        "size": list(field.size),
        "stride": list(field.stride),
        "offset": list(field.offset),
        "regular": True,
    }
    assert document["layers"][-1]["field"] is None


def test_seed_decides_random_weights(convscope: Callable) -> None:
    prints = [convscope("layers", "zoo:tiny", "--json", "--seed", seed).document["fingerprint"] for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]


def test_input_size_changes_shapes(convscope: Callable) -> None:
    done = convscope("layers", "zoo:tiny", "--json", "--input-size", "48x64")
    assert done.document["input_shape"] == [3, 48, 64]
    assert done.document["layers"][0]["shape"][1:] == [48, 64]
