"""Evaluations: ten crops worked by hand, counts against a literal loop, ensembles, classes by name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import convscope
from convscope.data import Preprocess, open_source
from convscope.errors import SourceError, UsageError
from convscope.graph import Network
from convscope.methods.intervals import paired, wilson
from convscope.models import ZFNET, build
from convscope.training import ClassAccuracy, evaluate
from convscope.training.matching import match_classes
from convscope.training.views import Viewer
from tests.training.shapes import CLASSES, SIDE, Shapes, shapes

RECIPE = Preprocess(SIDE, SIDE, resize=72, scale=1.0, mean=(60.0, 60.0, 60.0), std=(60.0, 60.0, 60.0))


def network(seed: int, classes: tuple[str, ...] = CLASSES) -> Network:
    module = build(ZFNET.scaled(input_size=SIDE, width=0.05, outputs=len(classes)), init="he", seed=seed).eval()
    with torch.no_grad():
        module.get_parameter("fc8.weight").mul_(100)  # so that answers differ
    return Network.trace(module, (3, SIDE, SIDE), name=f"net{seed}", preprocess=RECIPE, classes=classes)


@pytest.fixture(scope="module")
def nets() -> list[Network]:
    return [network(1), network(2)]


def test_ten_crops_of_a_picture_of_numbers() -> None:
    y, x = np.mgrid[:6, :8].astype(np.uint8)
    image = np.stack([y, x, y], axis=2)
    recipe = Preprocess(4, 4, resize=6)
    first = Viewer(recipe, "ten", "whole").cut(image)[:, :2, 0, 0]
    #        top left, top right, bottom left, bottom right, centre; flipped: the columns from the right
    assert first.tolist() == [[0, 0], [0, 4], [2, 0], [2, 4], [1, 2], [0, 3], [0, 7], [2, 3], [2, 7], [1, 5]]
    square = Viewer(recipe, "ten", "square").cut(image)[:5, :2, 0, 0]
    assert square.tolist() == [[0, 1], [0, 3], [2, 1], [2, 3], [1, 2]]
    centre = Viewer(recipe).cut(image)
    assert torch.equal(centre[0], Viewer(recipe, "ten", "whole").cut(image)[4])


def test_padding_gives_ten_crops_of_an_image_without_room() -> None:
    recipe = Preprocess(28, 28)
    image = np.full((28, 28, 3), 200, np.uint8)
    views = Viewer(recipe, "ten").cut(image)  # 28 * 16 / 224 = 2 pixels
    assert (views[0, 0, :2] == recipe.mean_colour[0]).all()
    assert (views[0, 0, 2:, 2:] == 200).all()
    assert (views[4] == 200).all()
    with pytest.raises(UsageError, match="one crop five times: give padding"):
        Viewer(recipe, "ten", padding=0)
    with pytest.raises(UsageError, match="'centre' or 'ten'"):
        Viewer(recipe, "five")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("views", ["centre", "ten"])
def test_counts_are_those_of_a_literal_loop(nets: list[Network], views: str) -> None:
    source = shapes(14, seed=3, side=80)
    found = evaluate(nets, source, views=views)  # pyright: ignore[reportArgumentType]
    confusion, hits5 = np.zeros((4, 4), int), 0
    for row in range(14):
        shares = torch.zeros(4, dtype=torch.float64)
        image = np.asarray(source.read(row))
        for net in nets:
            for view in Viewer(RECIPE, views).cut(image):  # pyright: ignore[reportArgumentType]
                logits = net.run(RECIPE.normalise(view[None]), [net.output])[net.output][0]
                shares += logits.double().softmax(0) / (len(nets) * (10 if views == "ten" else 1))
        confusion[source.label(row), int(shares.argmax())] += 1
        hits5 += 1
    assert found.confusion.tolist() == confusion.tolist()
    assert found.top1 == pytest.approx(np.trace(confusion) / 14)
    assert found.top5 == hits5 / 14 == 1
    assert found.class_top1.tolist() == (np.diag(confusion) / confusion.sum(1)).tolist()
    assert found.networks == ("net1", "net2")
    assert len(np.unique(confusion.sum(0))) > 1  # the networks do not answer all alike


def test_each_network_alone_is_set_beside_all_of_them_over_the_same_images(nets: list[Network]) -> None:
    source = shapes(24, seed=3)
    found, singles = evaluate(nets, source), [evaluate(net, source) for net in nets]
    together = [answer == target for answer, target in zip(*answers_of(found), strict=True)]
    told = found.alone()
    assert [one.network for one in told] == ["net1", "net2"]
    raw = []
    for one, single in zip(told, singles, strict=True):
        alone = [answer == target for answer, target in zip(*answers_of(single), strict=True)]
        gained = sum(a and not b for a, b in zip(together, alone, strict=True))
        lost = sum(b and not a for a, b in zip(together, alone, strict=True))
        assert one.gain.difference == pytest.approx((gained - lost) / 24)
        assert (one.top1, one.top1_interval) == (single.top1, single.top1_interval)
        assert (one.top5, one.top5_interval) == (single.top5, single.top5_interval)
        raw.append(paired(np.array(together), np.array(alone)).p)
    assert any(one.gain.difference != 0 for one in told)
    least = min(1, 2 * min(raw))
    assert [one.gain.p for one in told] == [least if p == min(raw) else max(least, p) for p in raw]
    assert singles[0].alone() == []
    assert [one["gain"] for one in found.to_json()["members"]] == [one.gain.difference for one in told]
    assert found.to_json()["classes"][1]["low"] == wilson(int(found.hits[1]), int(found.counts[1]))[0]


def answers_of(found: ClassAccuracy) -> tuple[list[int], list[int]]:
    return found.predictions.answers.tolist(), found.predictions.targets.tolist()


def test_top_five_and_mistakes_by_hand() -> None:
    classes = tuple("abcdefg")
    net = network(3, classes)
    source = shapes(12, seed=5)
    found = evaluate(net, source, match="index")
    logits = net.run(
        RECIPE.normalise(torch.cat([Viewer(RECIPE).cut(np.asarray(source.read(row))) for row in range(12)])),
        [net.output],
    )[net.output]
    labels = torch.tensor([source.label(row) for row in range(12)])
    ranks = (logits > logits.gather(1, labels[:, None])).sum(1)
    assert found.top1 == pytest.approx((ranks == 0).float().mean().item())
    assert found.top5 == pytest.approx((ranks < 5).float().mean().item())
    wrong = found.confusion.sum() - found.hits.sum()
    assert sum(count for *_, count in found.confused(100)) == wrong
    assert found.to_json()["images"] == 12


def test_classes_are_found_by_name_whatever_their_order() -> None:
    source = shapes(8)
    answers = ("Stripes, lines", "none", "disc", "square", "CROSS")
    assert match_classes(source, answers, 5, "name").tolist() == [3, 2, 4, 0]
    assert match_classes(source, answers, 5, "index").tolist() == [0, 1, 2, 3]
    assert match_classes(source, None, 4, "name").tolist() == [0, 1, 2, 3]
    with pytest.raises(UsageError, match=r"no class 'square'.*match='index'"):
        match_classes(source, ("disc", "cross", "stripes", "squares"), 4, "name")
    with pytest.raises(UsageError, match="4 classes and the network 3 outputs"):
        match_classes(source, None, 3, "name")


def test_order_of_names_changes_no_accuracy(nets: list[Network]) -> None:
    source = shapes(12, seed=7)
    renamed = Shapes((source.read(row), 3 - source.label(row)) for row in range(12))  # pyright: ignore
    renamed.classes = CLASSES[::-1]  # pyright: ignore[reportAttributeAccessIssue]
    assert evaluate(nets[0], open_source(renamed)).top1 == evaluate(nets[0], source).top1


def test_a_class_without_images_has_no_accuracy(nets: list[Network]) -> None:
    two = Shapes([(np.zeros((64, 64, 3), np.uint8), 0), (np.ones((64, 64, 3), np.uint8), 2)])
    found = evaluate(nets[0], open_source(two))
    assert np.isnan(found.class_top1).tolist() == [False, True, False, True]
    assert found.to_json()["classes"][1]["top1"] is None
    assert found.mean_class_top1 == pytest.approx(np.nanmean(found.class_top1))


def test_images_that_cannot_be_read_are_listed(tmp_path: Path, nets: list[Network]) -> None:
    from PIL import Image

    for name in CLASSES:
        (tmp_path / name).mkdir()
        Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / name / "a.png")
    (tmp_path / "disc" / "b.png").write_bytes(b"no image")
    found = evaluate(nets[0], open_source(tmp_path))
    assert [one.name for one in found.failures] == ["disc/b.png"]
    assert found.images == 4


def test_networks_that_do_not_fit_say_why(nets: list[Network]) -> None:
    with pytest.raises(UsageError, match="no network to evaluate"):
        evaluate([], shapes(4))
    with pytest.raises(UsageError, match="have different classes"):
        evaluate([nets[0], network(3, tuple("abcd"))], shapes(4))
    with pytest.raises(SourceError, match="no image has one"):
        evaluate(nets[0], open_source([np.zeros((64, 64, 3), np.uint8)]))
    bare = Network.trace(
        build(ZFNET.scaled(input_size=SIDE, width=0.05, outputs=4)).eval(), (3, SIDE, SIDE), name="bare"
    )
    with pytest.raises(UsageError, match="brings no preprocessing"):
        evaluate(bare, shapes(4))


def test_any_network_of_the_zoo_can_be_evaluated() -> None:
    net = convscope.load("zoo:tiny")
    source = shapes(8)
    assert evaluate(net, source, match="index").images == 8
    with pytest.raises(UsageError, match="padding is zero or more"):
        Viewer(replace(RECIPE), padding=-1)


# How classes are matched, and what is told of each image


def numbered(count: int, labels: list[int]) -> convscope.Source:
    """Pictures whose classes are numbers without names, of which `count` are known."""
    made = Shapes([(np.zeros((SIDE, SIDE, 3), np.uint8), label) for label in labels])
    made.classes = tuple(map(str, range(count)))  # pyright: ignore[reportAttributeAccessIssue]
    return open_source(made)


def test_classes_are_not_matched_by_order_where_numbers_differ() -> None:
    source = shapes(8)
    with pytest.raises(UsageError, match=r"4 classes and the network 5 outputs, and the network does not name its "
                                         r"outputs, .*classes= names the outputs, and match='index'"):  # fmt: skip
        match_classes(source, None, 5, "name")
    with pytest.raises(UsageError, match="3 classes and the network 4 outputs, and the images' classes have no names"):
        match_classes(numbered(3, [0, 2]), CLASSES, 4, "name")
    assert match_classes(source, None, 5, "index").tolist() == [0, 1, 2, 3]
    assert match_classes(numbered(4, [0, 3]), CLASSES, 4, "name").tolist() == [0, 1, 2, 3]


def test_names_that_look_like_numbers_are_names_where_the_network_has_them() -> None:
    """Folders 0 to 10 are sorted as texts: 0, 1, 10, 2 ..."""
    answers = ("0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9")
    assert match_classes(numbered(11, [0, 10]), answers, 11, "name").tolist() == [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 2]


def test_an_order_that_was_not_asked_for_is_told(nets: list[Network]) -> None:
    bare = Network(nets[0].program, name="bare", preprocess=RECIPE)
    found = evaluate(bare, shapes(8))
    assert (found.matched, found.to_json()["match"]) == ("index", "index")
    assert evaluate(nets[0], shapes(8)).matched == "name"


def test_every_image_is_told_with_its_answer_and_the_rank_of_its_class(nets: list[Network], tmp_path: Path) -> None:
    from PIL import Image

    source = shapes(12, seed=3)
    for row in range(12):
        Image.fromarray(np.asarray(source.read(row))).save(tmp_path / f"{row}.png")
    (tmp_path / "bad.png").write_bytes(b"none")
    listed = "".join(f"{row}.png,{CLASSES[source.label(row)]}\n" for row in (5, 2, 11, 0, 7))
    (tmp_path / "list.csv").write_text("image,label\nbad.png,disc\n" + listed + "3.png,\n")
    opened = open_source(tmp_path / "list.csv")
    told = evaluate(nets[0], opened).predictions
    assert told.images.tolist() == [1, 2, 3, 4, 5]  # the first cannot be read, the last has no class
    for place, row in enumerate((5, 2, 11, 0, 7)):
        crop = Viewer(RECIPE).cut(np.asarray(source.read(row)))
        shares = nets[0].run(RECIPE.normalise(crop), [nets[0].output])[nets[0].output][0].double().softmax(0)
        order = shares.argsort(descending=True).tolist()
        assert told.targets[place] == source.label(row)
        assert opened.classes[told.labels[place]] == CLASSES[source.label(row)]
        assert told.answers[place] == order[0]
        assert told.probabilities[place] == pytest.approx(shares.max().item(), abs=1e-5)
        assert told.ranks[place] == 1 + order.index(source.label(row))
    assert set(told.mistakes) == {place for place in range(5) if told.ranks[place] > 1}


def test_images_none_of_which_can_be_read_are_told_with_reasons(tmp_path: Path, nets: list[Network]) -> None:
    for name in CLASSES:
        (tmp_path / name).mkdir()
    (tmp_path / "disc" / "a.png").write_bytes(b"no image")
    (tmp_path / "disc" / "b.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"none of the images can be read.*the first, disc/a\.png: .*; disc/b\.png: "):
        evaluate(nets[0], open_source(tmp_path))
