"""`convscope evaluate`."""

import json
from collections.abc import Callable
from pathlib import Path


def test_rates_by_class_are_shown_and_written(convscope: Callable, images: Path, tmp_path: Path) -> None:
    asked = ("evaluate", "zoo:tiny", images, "--classes", "2", "--match", "index", "--weights", "random")
    done = convscope(*asked, "-o", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    kept = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert {key: done.document[key] for key in kept} == kept
    assert sum(one["images"] for one in kept["classes"]) == kept["images"] == 7
    shown = convscope(*asked, "--views", "ten")
    assert "on 7 images, ten crops" in shown.out
    assert "7 images" in shown.err  # what is looked at is said first
    assert shown.out.splitlines()[0].split() == ["class", "images", "top-1", "from", "to"]


def test_several_networks_are_one_ensemble(convscope: Callable, images: Path) -> None:
    asked = ("evaluate", "zoo:tiny", images, "--classes", "10", "--match", "index", "--weights", "random")
    done = convscope(*asked, "--with", "zoo:tiny", "--json")
    assert done.code == 0, done.err
    assert len(done.document["networks"]) == 2
    assert done.document["top1"] == convscope(*asked, "--json").document["top1"]


def test_images_without_classes_are_refused(convscope: Callable, images: Path) -> None:
    done = convscope("evaluate", "zoo:tiny", images / "odd")
    assert done.code in (2, 4)
    assert "class" in done.err


def test_further_networks_have_options_of_their_own(convscope: Callable, images: Path, tmp_path: Path) -> None:
    import convscope as cs
    from convscope import models

    weights = tmp_path / "my weights.safetensors"
    models.save_weights(weights, models.TinyNet(outputs=2).state_dict(), {"classes": ["even", "odd"]})
    preprocess = tmp_path / "p.json"
    preprocess.write_text(json.dumps(cs.load("zoo:tiny").preprocess.to_json() | {"height": 48, "width": 48}))
    asked = ("evaluate", "zoo:tiny", images, "--weights", weights, "--json")
    done = convscope(*asked, "--with", f"zoo:tiny --weights '{weights}' --input-size 48 --preprocess {preprocess}")
    assert done.code == 0, done.err
    assert done.document["networks"] == ["zoo:tiny (weights from my weights.safetensors)"] * 2
    assert "other classes" not in done.err
    for wrong, said in (("--weight x", "Unknown option"), ("--weights 'x", "No closing quotation")):
        done = convscope(*asked, "--with", f"zoo:tiny {wrong}")
        assert done.code == 2
        assert "is no network followed by its options, as in 'py:nets:b --weights b.pth'" in done.err
        assert said in done.err


def test_mistakes_open_again(convscope: Callable, images: Path, tmp_path: Path) -> None:
    asked = ("--classes", "2", "--weights", "random", "--json")
    done = convscope("evaluate", "zoo:tiny", images, *asked, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    assert "matched with classes by their order: output 0 is even, 1 is odd" in done.err
    wrong = round(7 * (1 - done.document["top1"]))
    assert len((tmp_path / "out" / "predictions.csv").read_text().splitlines()) == 8
    done = convscope(
        "evaluate", "zoo:tiny", f"list:{tmp_path / 'out' / 'misclassified.csv'}", *asked, "--match", "index"
    )
    assert done.code == 0, done.err
    assert done.document["images"] == wrong > 0


def test_an_order_that_is_not_clear_names_the_options(convscope: Callable, images: Path) -> None:
    done = convscope("evaluate", "zoo:tiny", images, "--weights", "random")
    assert done.code == 2
    assert "the images have 2 classes and the network 10 outputs" in done.err
    assert "--classes names the outputs" in done.err
    assert "--match index takes the classes as the first 2 outputs" in done.err


def test_paths_of_a_table_begin_in_a_folder_of_their_own(convscope: Callable, images: Path, tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    table = tmp_path / "tables" / "val.csv"
    table.write_text(
        "id,Image Path,Class\n" + "".join(f"{n},{'odd' if n % 2 else 'even'}/{n}.png,{n % 2}.0\n" for n in range(4))
    )
    asked = ("evaluate", "zoo:tiny", table, "--classes", "2", "--weights", "random", "--json")
    done = convscope(*asked)
    assert done.code == 4
    assert "open the list with --root for another folder" in done.err
    done = convscope(*asked, "--root", images)
    assert done.code == 0, done.err
    assert [one["name"] for one in done.document["classes"]] == ["0", "1"]
    assert done.document["images"] == 4
