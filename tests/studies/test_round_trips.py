"""Answers share a protocol, and what was saved comes back as it was: for every verb."""

import copy
import inspect
import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import convscope as cs
from convscope import studies
from convscope.atlas.experiments import ExperimentKind
from convscope.atlas.sprites import SpriteGrid, decode_picture
from convscope.atlas.verifying import verify_atlas
from convscope.atlas.web import read_script
from convscope.errors import StoreError
from convscope.generalisation import Learning
from convscope.models.tiny import random_tiny
from convscope.stores.verifying import ANSWERS, WORK
from convscope.studies.columns import COLUMNS, described
from convscope.training import NetworkChoice
from tests.studies.conftest import write_pictures
from tests.studies.forging import forged, use
from tests.training.shapes import SIDE, shapes, small

Call = Callable[[cs.Network, Path, Path | None], cs.Answer]


def learning(net: cs.Network, images: Path, out: Path) -> cs.Answer:
    return cs.transfer(
        net, str(images), store=out, per_class=[1, 2], folds=2, layers=["relu1", "fc"], learning=Learning(grid=(1.0,))
    )


VERBS: dict[str, Call] = {
    "scan": lambda net, images, out: cs.scan(net, images, store=out, layers=["relu1", "fc"], k=3),
    "deconv one": lambda net, images, out: cs.deconv(net, images, "relu1:3", store=out),
    "deconv several": lambda net, images, out: cs.deconv(net, images, ["relu1:3", "fc:1"], store=out, limit=3),
    "occlude": lambda net, images, out: cs.occlude(
        net, images, store=out, size=16, stride=8, limit=2, target=[3, 1], units=["relu1:2", "fc:0"]
    ),
    "occlude parts": lambda net, images, out: cs.occlude(
        net, images, store=out, size=16, stride=16, parts=images.with_name("parts.csv")
    ),
    "invariance": lambda net, images, out: cs.invariance(
        net, images, store=out, transformations={"scale": (1.0, 1.5), "rotation": (0.0, 9.0)}, limit=2,
        layers=["relu1", "block2", "fc"],
    ),
    "correspond": lambda net, images, out: cs.correspond(
        net, images, images.with_name("parts.csv"), store=out, draws=10, layers=["relu1"]
    ),
    "causes": lambda net, images, out: cs.causes(
        net, images, ["relu1:2@3,4", "fc:1-3"], store=out, layers=["conv1"], most=2, limit=2
    ),
    "effects": lambda net, images, out: cs.effects(net, images, store=out, layers=["block2.relu2"], workers=1),
    "directions": lambda net, images, out: cs.directions(
        net, images, store=out, layer="relu1", n=5, active=2, updates=5, positions=100, beside=[]
    ),
    "mistakes": lambda net, images, out: cs.mistakes(
        net, images, store=out, layers=["block2.relu2"], explain=1, most=2, size=16, stride=16, match="index"
    ),
    "sanity": lambda net, images, out: cs.sanity(
        net, images, store=out, layers=["block1.relu2"], units=2, each=2, seeds=1, side=8
    ),
    "paper": lambda net, images, out: cs.paper(
        net, images, store=out, claims=["invariance", "aliasing", "depth"], seeds=1, limit=2
    ),
    "tuning": lambda net, images, out: cs.tuning(net, images, store=out, layers=["relu1", "fc"], k=3),
    "evolve": lambda net, images, out: cs.evolve(
        images.with_name("run"), images, store=out, model="zoo:tiny", layers=["relu1", "fc"], units=2
    ),
    "diagnose": lambda net, images, out: cs.diagnose([net, net], images, store=out, projections=4, labels=["a", "b"]),
    "diagnose weights": lambda net, images, out: cs.diagnose(net, store=out),
    "check": lambda net, images, out: cs.check(net, images, module=random_tiny(), store=out, layers=["relu1", "fc"]),
    "train": lambda net, images, out: cs.train(small(epochs=1), shapes(40), out, validation=shapes(8, seed=1)),
    "evaluate": lambda net, images, out: cs.evaluate(net, images, store=out, match="index"),
    "ablate": lambda net, images, out: cs.ablate(
        replace(small(epochs=1), network=NetworkChoice(input_size=SIDE, width=0.1)), shapes(40), out,
        validation=shapes(8, seed=1), variants=["no-7", "no-6-7"], seeds=1,
    ),
    "transfer": learning,
    "overlap": lambda net, images, out: cs.overlap(images, images, store=out),
    "verify": lambda net, images, out: verified(net, images, out),
}  # fmt: skip


def verified(net: cs.Network, images: Path, out: Path) -> cs.Verification:
    """What is kept of a small scan, looked at."""
    cs.scan(net, images, store=out / "scan", layers=["relu1"], limit=2)
    found = cs.verify(out / "scan")
    found.save(out)
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[cs.Answer, Path]]:
    """What answers each question, and the folder it was kept in: asked once."""
    root = tmp_path_factory.mktemp("answers")
    images, net = write_pictures(root), cs.load("zoo:tiny")
    known: dict[str, tuple[cs.Answer, Path]] = {}

    def ask(name: str) -> tuple[cs.Answer, Path]:
        if name not in known:
            folder = root / name.replace(" ", "-")
            known[name] = VERBS[name](net, images, folder), folder
        return known[name]

    return ask


def test_every_verb_is_asked() -> None:
    verbs = {name for name in studies.__all__ if inspect.isfunction(getattr(studies, name))}
    assert verbs - {"merge"} == {name.partition(" ")[0] for name in VERBS}  # which gives what scan gives
    kinds = {kind for name in studies.__all__ if inspect.isclass(kind := getattr(studies, name))}
    assert {kind for kind in kinds if issubclass(kind, cs.Answer)} <= {cs.Answer, *KINDS.values()}


KINDS: dict[str, type[cs.Answer]] = {
    "scan": cs.Scan, "deconv one": cs.Projection, "deconv several": cs.Projections, "occlude": cs.Occlusion,
    "occlude parts": cs.Occlusion,
    "invariance": cs.Invariance, "correspond": cs.Correspondence, "causes": cs.Causes, "effects": cs.Effects,
    "sanity": cs.Sanity, "tuning": cs.Tuning, "mistakes": cs.Mistakes, "directions": cs.Directions, "paper": cs.Paper,
    "evolve": cs.Evolution, "diagnose": cs.Diagnosis,
    "check": cs.Check, "diagnose weights": cs.Diagnosis, "train": cs.Training, "evaluate": cs.Evaluation,
    "ablate": cs.Ablation, "transfer": cs.Transfer, "overlap": cs.Overlap, "verify": cs.Verification,
}  # fmt: skip


@pytest.mark.parametrize("name", VERBS)
def test_an_answer_says_itself(made: Callable, name: str) -> None:
    answer, folder = made(name)
    assert type(answer) is KINDS[name]
    assert answer.summary.strip()
    shown = repr(answer)
    assert shown.startswith(f"<{type(answer).__name__}")
    assert len(shown) <= 110
    assert "\n" not in shown
    rows = answer.rows()
    assert rows
    assert len({tuple(row) for row in rows}) == 1  # the same columns
    assert json.loads(json.dumps(answer.to_json(), allow_nan=False))
    assert answer.kept.folder == folder
    html = answer._repr_html_()
    assert html.startswith("<div")
    assert html.count("<div") == html.count("</div>")
    for file, figure in answer.figures().items():
        assert figure.caption
        assert answer.kept.figures[file] == folder / file
        assert (folder / file).read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("name", VERBS)
def test_what_was_saved_comes_back(made: Callable, name: str) -> None:
    answer, folder = made(name)
    found = type(answer).load(folder)
    check_same(answer, found, folder)
    if isinstance(found, cs.Scan):  # which knows where its images are when it is told
        assert "<img" not in found._repr_html_()
        found = found.with_images(cs.load("zoo:tiny"), folder.with_name("images"))
        check_same(answer, found, folder)
    assert found._repr_html_() == answer._repr_html_()


ELSEWHERE = [name for name in VERBS if name != "train"]  # whose folder is that of the training


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_came_back_can_be_saved_elsewhere(made: Callable, name: str, tmp_path: Path) -> None:
    answer, folder = made(name)
    found = type(answer).load(folder)
    found.save(tmp_path / "copy")
    check_says_the_same(type(answer).load(tmp_path / "copy"), answer)
    for file in answer.figures():
        assert (tmp_path / "copy" / file).read_bytes() == (folder / file).read_bytes()


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_answer_says_the_same_before_it_is_saved(made: Callable, name: str) -> None:
    answer, folder = made(name)
    before = copy.copy(answer)
    before.saved = None
    check_says_the_same(before, answer)
    if name != "verify":  # which is about files of a folder
        assert str(folder) not in f"{before.summary}{before.rows()}{before.to_json()}"


@pytest.mark.parametrize("name", ["scan", "deconv one", "deconv several", "occlude", "overlap"])
def test_an_answer_that_is_not_kept_says_what_one_that_is_does(made: Callable, name: str) -> None:
    answer, folder = made(name)
    check_says_the_same(VERBS[name](cs.load("zoo:tiny"), folder.with_name("images"), None), answer)


def check_says_the_same(answer: cs.Answer, other: cs.Answer) -> None:
    assert (repr(answer), answer.summary) == (repr(other), other.summary)
    assert list(map(dict, answer.rows())) == list(map(dict, other.rows()))
    assert json.dumps(answer.to_json()) == json.dumps(other.to_json())  # in its order, too
    assert (answer.tables(), answer.remarks()) == (other.tables(), other.remarks())
    assert list(answer.figures()) == list(other.figures())


@pytest.fixture(scope="module")
def shown(made: Callable, tmp_path_factory: pytest.TempPathFactory) -> cs.Atlas:
    """An atlas of the tiny network on the images that the questions are asked of."""
    images = made("effects")[1].with_name("images")
    return cs.build_atlas(
        cs.load("zoo:tiny"), images, tmp_path_factory.mktemp("shown") / "atlas", layers=["relu1"], k=1, tuning=False
    )


IN_AN_ATLAS = [name for name in KINDS if name.partition(" ")[0] not in ("scan", "deconv", "train", "overlap", "verify")]


@pytest.mark.parametrize("name", IN_AN_ATLAS)
def test_an_entry_has_its_table_in_words_and_its_numbers_drawn(made: Callable, shown: cs.Atlas, name: str) -> None:
    answer, folder = made(name)
    answer.add_to(shown, "one")
    data = read_script(shown.path / "data" / "experiments" / "one.js")
    again = type(answer).load(folder).entry(shown)
    assert [chart.to_json() for chart in again.charts] == data.get("charts", [])
    table = read_script(shown.path / "data" / "results" / "one.js")["shown"]
    assert len(data["columns"]) >= min(4, len(table["columns"]))
    assert all(column in table["columns"] and head for column, (head, _) in data["columns"].items())
    figures = name.partition(" ")[0] in (
        "causes",
        "check",
        "diagnose",
        "mistakes",
        "occlude",
        "paper",
    )  # pictures, or words
    assert figures or data["charts"]
    for chart in data.get("charts", []):
        assert (chart["title"], chart["y"]) > ("", "")
        for one in chart["series"]:
            assert {len(one[key]) for key in ("values", "low", "high", "names") if key in one} == {len(chart["at"])}


def test_an_evolution_tells_what_excites_every_unit_at_every_epoch(made: Callable, shown: cs.Atlas) -> None:
    answer, folder = made("evolve")
    answer.add_to(shown, "training")
    place = shown.path / "data" / "experiments" / "training"
    data = read_script(place.with_suffix(".js"))
    assert data["epochs"] == list(answer.found.epochs)
    assert [one["layer"] for one in data["layers"]] == ["relu1", "fc"]
    assert data["own"] == []  # the atlas shows every image
    for number, one in enumerate(answer.found.layers):
        told = read_script(place / f"{number}.js")
        now = np.full((one.images.shape[1], 5), -2)
        for epoch, changed in enumerate(told["steps"]):
            for unit, *seen in changed:
                now[unit] = seen
            assert np.array_equal(now[:, 0], one.images[epoch])
            assert np.array_equal(now[:, 1:], one.boxes[epoch])
            assert told["values"][epoch] == pytest.approx(one.values[epoch].tolist(), rel=1e-2)
        assert {str(image) for image in one.images.ravel().tolist() if image >= 0} <= set(data["images"])
    for unit in answer.found.units:
        picture = data["units"][str(unit.unit)]
        pixels = decode_picture((shown.path / "experiments" / "training" / picture["picture"]).read_bytes())
        assert pixels.shape[:2] == SpriteGrid.from_json(picture["grid"]).shape
    loaded = cs.Evolution.load(folder).entry(shown)
    assert {**data, **json.loads(json.dumps(loaded.data))} == data  # what is kept says all but pictures


def test_images_that_the_atlas_lacks_come_with_the_evolution(made: Callable, shown: cs.Atlas, tmp_path: Path) -> None:
    answer, _ = made("evolve")
    images = made("effects")[1].with_name("images")
    other = cs.build_atlas(
        cs.load("zoo:tiny"), images, tmp_path / "atlas", layers=["relu1"], k=1, limit=2, tuning=False
    )
    answer.add_to(other)
    data = read_script(other.path / "data" / "experiments" / "evolution.js")
    used = {int(n) for one in answer.found.layers for n in one.images.ravel() if n >= 0}
    assert set(data["own"]) == used
    assert data["images"] == {}
    for number in used:
        photo = decode_picture((other.path / "experiments" / "evolution" / f"{number}.webp").read_bytes())
        assert max(photo.shape) <= 224
    assert verify_atlas(other.path) == []


def test_a_correspondence_shows_its_images_with_what_was_covered(made: Callable, shown: cs.Atlas) -> None:
    answer, _ = made("correspond")
    answer.add_to(shown)
    told = read_script(shown.path / "data" / "experiments" / "correspondence.js")["covered"]
    assert [one["name"] for one in told] == list(answer.seen.names)
    assert [one["image"] for one in told] == list(answer.seen.in_atlas(shown))
    for row, one in enumerate(told):
        assert one["boxes"] == {part: boxes[row].tolist() for part, boxes in answer.boxes.items()}
        picture = decode_picture((shown.path / "experiments" / "correspondence" / one["picture"]).read_bytes())
        assert list(picture.shape[:2]) == one["size"]


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("ablate", ["val top-1 spread", "val top-1 from", "val top-1 to", "val top-1 change"]),
        ("transfer", ["std", "low", "high"]),
        ("evolve", ["units settle at", "from", "to"]),
        ("diagnose", ["low frequencies", "low frequencies from", "low frequencies to"]),
    ],
)
def test_numbers_have_their_intervals_beside_them_on_the_page(made: Callable, name: str, beside: list[str]) -> None:
    answer, _ = made(name)
    kind = {"ablate": "ablation", "evolve": "evolution", "diagnose": "diagnosis"}.get(name, name)
    told = list(described(kind, [*answer.rows()[0]]))
    first = told.index(beside[0])
    assert told[first : first + len(beside)] == beside


def test_columns_that_are_many_have_words_by_what_they_begin_with() -> None:
    found = described("invariance", ["transformation", "by", "relative conv1", "conv1:3", "kept"])
    assert list(found) == ["transformation", "by", "kept", "relative conv1", "conv1:3"]
    assert (found["relative conv1"][0], found["conv1:3"][0]) == ("conv1 moves", "conv1:3")
    assert described("other", ["a"]) == {}
    assert set(COLUMNS) <= set(get_args(ExperimentKind))


def check_same(answer: cs.Answer, found: cs.Answer, folder: Path) -> None:
    check_says_the_same(found, answer)
    theirs_alone = {name for name, _ in answer.files()} - {name for name, _ in found.files()}
    assert not {
        name for name in theirs_alone if not name.startswith("misclassified")
    }  # which are the images themselves
    mine, theirs = answer.figures(), found.figures()
    for file, figure in mine.items():
        assert theirs[file].caption == figure.caption
        assert theirs[file].draw() == (folder / file).read_bytes()  # which is what the answer drew


def test_a_folder_without_an_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"holds no Occlusion \(no occlusion.safetensors\): save one there first"):
        cs.Occlusion.load(tmp_path)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "scan"])  # whose files have tests of their own
def test_damage_is_named(made: Callable, name: str, tmp_path: Path) -> None:
    answer, folder = made(name)
    file = f"{type(answer).__name__.lower()}.safetensors"
    content = bytearray((folder / file).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / file).write_bytes(content)
    with pytest.raises(StoreError, match=r"cannot be read: .*; make the answer again") as caught:
        type(answer).load(tmp_path)
    assert str(tmp_path / file) in str(caught.value)


def becomes_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def leads_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nothing"))


CHANGES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "a folder": becomes_a_folder,
    "a link to nothing": leads_to_nothing,
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "other": lambda path: path.write_bytes(path.read_bytes()[::-1]),
}
VOUCH = {*(f"{kind.lower()}.safetensors" for kind in ANSWERS), "manifest.json", "run.json", "page.json"}
"""Files that say which others are beside them."""
UNVOUCHED = {"log.csv"}
"""Files whose content nobody vouches for."""


def may_be_gone(file: Path, kind: str) -> bool:
    """Whether a file is work that is kept, and made again where it is asked for, or what nothing beside it names."""
    work = {"parts", "work", "checkpoints", "features"} & {*file.parts[:-1]}
    lone = kind not in WORK and file.name == f"{kind.lower()}.safetensors"  # which `load` says
    return bool(work) or lone or file.name in (*UNVOUCHED, "state.safetensors", "result.json", "splits.json")


def said_of(folder: Path, files: list[Path], change: Callable[[Path], object], copy: Path) -> list[Path]:
    """Of files of a folder those that `verify` says nothing of where a change is made to each of them in a copy."""
    shutil.copytree(folder, copy)
    for file in files:
        change(copy / file)
    try:
        said = {one.path for one in cs.verify(copy).findings}
    except StoreError as error:
        said = {file.as_posix() for file in files} if "nothing that can be verified" in str(error) else set()
    shutil.rmtree(copy)
    return [file for file in files if file.as_posix() not in said]


SMALL = ("scan", "deconv several", "directions", "mistakes", "train", "transfer")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SMALL else pytest.mark.slow) for name in KINDS]
)
def test_verify_says_what_became_of_every_file(made: Callable, name: str, tmp_path: Path) -> None:
    answer, folder = made(name)
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [file for file in files if file.name not in VOUCH and not file.name.startswith(("positions-", "events."))]
    for what, change in CHANGES.items():
        silent = said_of(folder, files, change, tmp_path / "copy")
        if what == "gone":
            silent = [file for file in silent if not may_be_gone(file, type(answer).__name__)]
        elif what in ("other", "empty"):
            silent = [file for file in silent if file.name not in UNVOUCHED]
        assert not silent, what


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_verify_says_what_became_of_files_that_vouch_for_others(made: Callable, name: str, tmp_path: Path) -> None:
    answer, folder = made(name)
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.name in VOUCH and path.is_file()]
    for file in files:
        for what, change in CHANGES.items():
            silent = said_of(folder, [file], change, tmp_path / "copy")
            assert not silent or (what == "gone" and may_be_gone(file, type(answer).__name__)), (what, file)


def test_verify_says_what_kept_answers_lack(made: Callable, tmp_path: Path) -> None:
    _, folder = made("occlude")
    lost = {"parts/question.json": "is missing beside answers", "parts/figures.json": "is missing",
            "occlusion.safetensors": "is missing beside its tables"}  # fmt: skip
    for file, said in lost.items():
        shutil.copytree(folder, tmp_path / "copy")
        (tmp_path / "copy" / file).unlink()
        (finding,) = cs.verify(tmp_path / "copy").findings
        assert (finding.path, finding.problem.startswith(said)) == (file, True)
        shutil.rmtree(tmp_path / "copy")


def test_figures_that_are_gone_are_said_to_be(made: Callable, tmp_path: Path) -> None:
    _, folder = made("effects")
    shutil.copytree(folder, tmp_path / "copy")
    assert cs.Effects.load(tmp_path / "copy").kept.missing is None
    (figure,) = (tmp_path / "copy").glob("*.png")
    figure.unlink()
    assert cs.Effects.load(tmp_path / "copy").kept.missing == f"1 of 1 figures are gone, such as {figure.name}"


@pytest.mark.parametrize("name", [name for name in KINDS if name != "scan"])
def test_an_answer_that_was_edited_is_named_when_it_is_loaded_or_can_be_used(
    made: Callable, name: str, tmp_path: Path
) -> None:
    _, folder = made(name)
    file, named = f"{KINDS[name].__name__.lower()}.safetensors", 0
    content, draw = (folder / file).read_bytes(), random.Random(name)
    for _ in range(8):
        edited, told = forged(content, draw)
        (tmp_path / file).write_bytes(edited)
        try:
            named += use(KINDS[name], tmp_path) == "named"
        except Exception as error:
            raise AssertionError(f"{told}: {type(error).__name__}: {error}") from error
    assert named >= 2


def test_an_answer_of_another_kind_is_no_answer(made: Callable, tmp_path: Path) -> None:
    _, folder = made("overlap")
    (tmp_path / "occlusion.safetensors").write_bytes((folder / "overlap.safetensors").read_bytes())
    with pytest.raises(StoreError, match="schema 1 of Overlap"):
        cs.Occlusion.load(tmp_path)
