"""Are the projections exact, whatever the architecture?

    python -m benchmarks.exactness [--quick] [--only NAME ...] [--write docs/exactness.md]
    python -m benchmarks.exactness --only fields
    python -m benchmarks.exactness --keep FILE --minutes 30    # again and again: each call goes on from the last

And however an activation is spelled: `--only spellings` measures these alone (`_spelled`), some fifty of them; whatever
weighs or adds to a map: `--only gated`, families of gates (`_gated`).

For every model, random weights at a small input size, one unit each of an early, a middle and a late layer and the
strongest class: the relative L2 error of our projection, |ours - theirs| / |theirs|, against the unmodified module with
hooks on autograd's nodes (`_oracles`), which shares no code with ours. Smooth activations are rectified on both sides.
In float32, and in float64, where rounding cannot hide anything; and captum's error against the same oracle beside it.

Then the receptive fields of some 70 operations (`_fields`), at every position of small maps: a violation is a position
where the box is not that of the gradient's support, or no box at all ("fields" among the names of `--only`).

`rounding` is the oracle's own distance, float32 from float64: where that is large, float32 does not carry the answer,
and no engine can be nearer. Weights are drawn so that nothing vanishes: every constant parameter (batch norm's factors,
layer scales, zero-initialised convolutions) is made random.

What it has found in its time: F.relu6 not taken for a rectifier; nearest-neighbour resampling by a factor that is not
the ratio of the sizes; the receptive field behind explicit padding and squeeze-and-excitation too small; models that
fold windows into the batch (Swin) or repeat a class token for every image not run; channels-last group norm losing two
bits. In PyTorch (2.13, CPU): the backward of batch norm is wrong on a batch of one image whose gradient arrives
transposed; LeViT meets it, and so do tools that rely on autograd. The oracle runs every image twice for that.
"""

from __future__ import annotations

import copy
import gc
import logging
import statistics
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from captum.attr import Deconvolution, NeuronDeconvolution
from torch import Tensor, nn

from benchmarks._fields import FOLLOWED, OPERATIONS, SHAPE, Operation, support
from benchmarks._gated import measure_gated
from benchmarks._gated import write as write_gated
from benchmarks._models import randomised, torchvision_models
from benchmarks._oracles import NodeOracle, relative_error, strongest
from benchmarks._spelled import measure_spellings
from benchmarks._spelled import write as write_spelled
from benchmarks.harness import Case, arguments, keep_line, kept_lines, put_between, report
from convscope.graph import Layer, Network
from convscope.methods.deconv import deconv

log = logging.getLogger(__name__)
TARGET = 1e-5
TORCH = torch.__version__.partition("+")[0]
SPELLED = 1e-12
GATED = 1e-11
DEPTHS = {"early": 0.1, "middle": 0.5, "late": 0.95}


@dataclass(frozen=True)
class Model:
    """One architecture at one input size; `group` is the heading it stands under in the table."""

    origin: str
    name: str
    size: int
    group: str

    def make(self) -> nn.Module:
        """The network with random weights, in eval mode."""
        torch.manual_seed(0)
        if self.origin == "torchvision":
            options: dict[str, Any] = {}
            if self.name in ("googlenet", "inception_v3"):
                options = {"aux_logits": False, "init_weights": False}
            model = getattr(torchvision_models(), self.name)(weights=None, **options)
        else:
            torchvision_models()  # makes torchvision importable, which timm needs
            import timm

            try:
                model = timm.create_model(self.name, pretrained=False, img_size=self.size)
            except TypeError:  # most convolutional models take images of any size
                model = timm.create_model(self.name, pretrained=False)
        return randomised(model.eval())


def _models(origin: str, group: str, names: str) -> list[Model]:
    found = [name.partition("@") for name in names.split()]
    return [Model(origin, name, int(size or 64), group) for name, _, size in found]


MODELS = (
    *_models(
        "torchvision",
        "torchvision",
        "alexnet vgg11 vgg16_bn squeezenet1_1 googlenet inception_v3@96 resnet18 resnet50 resnext50_32x4d "
        "wide_resnet50_2 densenet121 mobilenet_v2 mobilenet_v3_small mnasnet0_5 shufflenet_v2_x0_5 regnet_x_400mf "
        "regnet_y_400mf efficientnet_b0 efficientnet_v2_s convnext_tiny maxvit_t@224 swin_t@224",
    ),
    *_models(
        "timm",
        "timm, convolutional",
        "convmixer_768_32 convnext_atto convnextv2_atto cpubone_nano cs3darknet_focus_s cs3se_edgenet_x "
        "cspdarknet53 cspresnet50 cspnext_tiny darknet53 densenetblur121d dla46_c dla60_res2net dm_nfnet_f0 dpn48b "
        "dpn68b eca_nfnet_l0 eca_resnext26ts ecaresnet26t ese_vovnet19b_slim fasternet_t0 fastvit_t8 fbnetc_100 "
        "focalnet_tiny_srf gcresnext26ts gernet_s ghostnet_050 ghostnetv2_100 ghostnetv3_050 hardcorenas_a "
        "hgnet_tiny hgnetv2_b0 hrnet_w18_small inception_next_atto inception_resnet_v2@96 inception_v4@96 lcnet_050 "
        "lcnetv2_small legacy_seresnet18 legacy_xception mambaout_femto convformer_s18 poolformer_s12 mixnet_s "
        "mobilenetv1_100 mobilenetv3_small_050 mobilenetv4_conv_small mobileone_s0 nasnetalarge nf_regnet_b0 "
        "nf_resnet26 pnasnet5large rdnet_tiny regnety_002 regnetz_b16 repghostnet_050 repvgg_a0 repvit_m0_9 "
        "res2net50_14w_8s resnest14d resnet10t resnetaa50 resnetblur50 resnetrs50 resnetv2_18 rexnet_100 selecsls42 "
        "semnasnet_075 seresnext26t_32x4d skresnet18 spnasnet_100 starnet_s050 tf_efficientnet_b0 tinynet_e "
        "tresnet_m vgg11 xception41 xception41p",
    ),
    *_models(
        "timm",
        "timm, with attention",
        "caformer_s18 coat_lite_tiny coatnet_nano_cc_224@224 davit_tiny edgenext_xx_small efficientformer_l1@224 "
        "efficientformerv2_s0 efficientvit_b0 efficientvit_m0 fastvit_sa12 gcvit_xxtiny@224 iformer_t "
        "levit_128s@224 lowformer_b0 mobilevit_xxs mobilevitv2_050 mvitv2_tiny@224 nest_tiny@224 nextvit_small "
        "pvt_v2_b0 shvit_s1 swiftformer_xs swinv2_cr_tiny_224@224 tiny_vit_5m_224@224 twins_svt_small@224 "
        "vit_base_resnet26d_224@224 vitamin_small_224@224 xcit_nano_12_p16_224@224",
    ),
)
QUICK = (
    "alexnet", "squeezenet1_1", "resnet18", "googlenet", "mobilenet_v3_small", "ghostnet_050", "nf_resnet26",
    "legacy_xception", "starnet_s050", "resnet10t",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """The errors of one projected unit."""

    where: str
    layer: str
    ours: float
    exact: float
    rounding: float
    captum: float | None


@dataclass(frozen=True)
class Result:
    """All rows of one model, and how many activations were rectified on the way from its logits."""

    model: Model
    rows: tuple[Row, ...]
    rectified: str
    fallback: int
    seconds: float

    @property
    def worst(self) -> float:
        """The largest error in float32."""
        return max(row.ours for row in self.rows)

    @property
    def captum(self) -> float | None:
        """captum's largest error; None where it failed throughout."""
        return max((row.captum for row in self.rows if row.captum is not None), default=None)


# -- one model --------------------------------------------------------------------------------------------------------
def measure(model: Model) -> Result:
    """The errors of one unit at every depth."""
    start = time.perf_counter()
    module = model.make()
    double = copy.deepcopy(module).double()
    image = torch.randn(1, 3, model.size, model.size, generator=torch.Generator().manual_seed(1))
    exact_net = Network.trace(double, (3, model.size, model.size))
    net = exact_net.to(dtype=torch.float32)
    chosen = choose(net, module, image)
    oracle, exact = (
        NodeOracle(module, image, list(chosen.values())),
        NodeOracle(double, image.double(), list(chosen.values())),
    )
    rows, done, fallback = [], Counter[str](), 0
    for where, layer in (*chosen.items(), ("class", net.output)):
        output = oracle.logits if where == "class" else oracle.outputs[layer]
        index, expected = strongest(oracle, output)
        true = exact.project(exact.logits if where == "class" else exact.outputs[layer], index)
        unit = f"{layer}:{index[0]}" + (f"@{index[1]},{index[2]}" if len(index) == 3 else "")
        ours, ours_exact = deconv(net, image, unit), deconv(exact_net, image.double(), unit)
        done, fallback = (
            Counter(ours.report.rectified) + Counter(ours.report.smooth),
            sum(ours.report.fallback.values()),
        )
        theirs = captum_error(module, None if where == "class" else layer, oracle.image, index, expected)
        rows.append(
            Row(
                where,
                layer,
                relative_error(ours.full()[0], expected),
                relative_error(ours_exact.full()[0], true),
                relative_error(expected, true),
                theirs,
            )
        )
    rectified = ", ".join(f"{count} {op}" for op, count in sorted(done.items()))
    return Result(model, tuple(rows), rectified, fallback, time.perf_counter() - start)


def choose(net: Network, module: nn.Module, image: Tensor) -> dict[str, str]:
    """A layer at every depth, of those that are outputs of modules called once and are channels-first maps."""
    calls: Counter[str] = Counter()
    shapes: dict[str, tuple[int, ...]] = {}

    def count(name: str, output: Any) -> None:
        calls[name] += 1
        if isinstance(output, Tensor):
            shapes[name] = tuple(output.shape[1:])

    handles = [
        m.register_forward_hook(lambda _m, _i, out, name=name: count(name, out))
        for name, m in module.named_modules()
        if name
    ]
    try:
        with torch.no_grad():
            module(image)
    finally:
        for handle in handles:
            handle.remove()

    def usable(layer: Layer) -> bool:
        return layer.spatial and layer.height > 1 and calls[layer.name] == 1 and shapes.get(layer.name) == layer.shape

    names = [layer.name for layer in net.layers if usable(layer)]
    return {where: names[int(depth * (len(names) - 1))] for where, depth in DEPTHS.items() if names}


def captum_error(
    module: nn.Module, layer: str | None, images: Tensor, index: tuple[int, ...], expected: Tensor
) -> float | None:
    """captum's relative error; None where it raises."""
    x = images.detach().clone().requires_grad_()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if layer is None:
                found = Deconvolution(module).attribute(x, target=index[0])
                value = module(x.detach())[0, index[0]]
            else:
                kept: list[Tensor] = []
                part = module.get_submodule(layer)
                handle = part.register_forward_hook(lambda _m, _i, out: kept.append(out.detach().clone()))
                module(x.detach())
                handle.remove()
                value = kept[0][(0, *index)]
                found = NeuronDeconvolution(module, part).attribute(x, neuron_selector=index)
        except (RuntimeError, AssertionError, TypeError, AttributeError) as error:
            log.info("captum on %s: %s", layer, error)
            return None
    return relative_error(found[0] * value.detach(), expected)


# -- all models -------------------------------------------------------------------------------------------------------
def measured(models: Sequence[Model], keep: Path | None, until: float) -> Iterator[Result]:
    """The results of models, in their order: from the file where they stand there, to which the new ones are added; no
    model is begun after `until`."""
    known = {Model(**one["model"]): one for one in kept_lines(keep)}
    for model in models:
        if model in known:
            yield Result(**known[model] | {"model": model, "rows": tuple(Row(**row) for row in known[model]["rows"])})
        elif time.monotonic() < until:
            result = measure(model)
            keep_line(keep, asdict(result))
            yield result
            gc.collect()


# -- fields -----------------------------------------------------------------------------------------------------------
def violations(name: str) -> tuple[int, int]:
    """At how many positions above an operation the field is not the gradient's support, or is not said to be exact; and
    of how many."""
    module = Operation((OPERATIONS | FOLLOWED)[name])
    images = torch.randn(1, *SHAPE, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    expected, net = support(module, images).reshape(-1, 4), Network.trace(module, SHAPE)
    layer = net.layers[net.output]
    at = torch.cartesian_prod(torch.arange(layer.height), torch.arange(layer.width))
    size, seen = torch.tensor(SHAPE[1:]), expected[:, 2] > expected[:, 0]
    boxes = net.boxes(layer.name, at)
    within = torch.cat([boxes[:, :2].clamp(min=0), boxes[:, 2:].minimum(size)], 1).numpy()
    wrong = (net.reach(layer.name, at, gates="held").numpy() != expected).any(1) | (seen & (within != expected).any(1))
    exact = layer.field is not None and layer.field.exact
    return int(wrong.sum()) if exact else len(at), len(at)


def measure_fields() -> dict[str, tuple[int, int]]:
    """What `violations` finds of every operation, by its name."""
    found = {}
    for name in (*OPERATIONS, *FOLLOWED):
        found[name] = violations(name)
        print(f"field/{name}: {found[name][0]} of {found[name][1]} positions wrong", file=sys.stderr, flush=True)
    return found


def write_fields(path: Path, found: dict[str, tuple[int, int]]) -> None:
    """Puts what was found of fields between the marks in a document."""
    wrong, positions = (sum(pair[i] for pair in found.values()) for i in (0, 1))
    text = f"{len(found)} operations, {positions:,} positions: {wrong} violations. Measured with torch {TORCH}.\n"
    put_between(path, "fields", f"{text}\n{'; '.join(found)}.\n")


# -- the table --------------------------------------------------------------------------------------------------------
def table(results: list[Result]) -> str:
    """The results in Markdown, one table a group."""
    lines: list[str] = []
    for group in dict.fromkeys(r.model.group for r in results):
        part = [r for r in results if r.model.group == group]
        lines += [f"### {group}: {len(part)} models", ""]
        lines += ["| model | input | rectified | early | middle | late | class | float64 | rounding | captum |"]
        lines += ["|---|---|---|---|---|---|---|---|---|---|"]
        for r in part:
            errors = {row.where: _short(row.ours) for row in r.rows}
            cells = [r.model.name, str(r.model.size), r.rectified or "none"]
            cells += [errors.get(where, "") for where in (*DEPTHS, "class")]
            cells += [_short(max(row.exact for row in r.rows)), _short(max(row.rounding for row in r.rows))]
            cells += ["fails" if r.captum is None else _captum(r.captum)]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _short(value: float) -> str:
    return "0" if value == 0 else f"{value:.0e}".replace("e-0", "e-")


def _captum(value: float) -> str:
    return f"**{value:.1f}**" if value >= 0.1 else f"**{_short(value)}**" if value > 1e-4 else _short(value)


def write(path: Path, results: list[Result]) -> None:
    """Puts the table between the marks in a document."""
    ours = [r.worst for r in results]
    wrong = sum(r.captum is None or r.captum > 1e-3 for r in results)
    summary = (
        f"{len(results)} models. Ours: worst error {max(ours):.1e} in float32 (median {statistics.median(ours):.1e}), "
        f"{max(row.exact for r in results for row in r.rows):.1e} in float64. captum: more than 0.1 % off on {wrong} "
        f"of them. Measured with torch {TORCH}.\n"
    )
    put_between(path, "table", f"{summary}\n{table(results)}")


def main() -> int:
    """Measures the models that were asked for, in the order of their names; 1 if one of them misses the target, 3 where
    the time was over before all were measured."""
    parser = arguments(__doc__)
    parser.add_argument(
        "--only", nargs="+", default=(), help="models to measure, by name, or 'spellings', 'gated', 'fields'"
    )
    parser.add_argument("--keep", type=Path, help="a file for the models' errors, from which the next call goes on")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no model after so many")
    parser.add_argument("--write", type=Path, help="a document to put the table into")
    args = parser.parse_args()
    names = args.only or (QUICK if args.quick else [m.name for m in MODELS])
    results, cases = [], []
    models = sorted((m for m in MODELS if m.name in names), key=lambda m: names.index(m.name))
    for result in measured(models, args.keep, time.monotonic() + 60 * args.minutes):
        model = result.model
        results.append(result)
        exact, rounding = (max(getattr(row, of) for row in result.rows) for of in ("exact", "rounding"))
        theirs = "fails" if result.captum is None else f"{result.captum:.1e}"
        note = f"float64 {exact:.0e}, rounding {rounding:.0e}, captum {theirs}"
        cases.append(
            Case(f"{model.origin}/{model.name}", "autograd nodes", None, None, TARGET, result.worst, note=note)
        )
        print(
            f"{model.origin}/{model.name}: {result.worst:.1e}, {note} ({result.seconds:.0f} s)",
            file=sys.stderr,
            flush=True,
        )
    spelled = measure_spellings() if not args.only or "spellings" in args.only else []
    cases += [
        Case(f"spelled {row.spelling.text}", "the rule written out", None, None, SPELLED, row.ours, note=row.report)
        for row in spelled
    ]
    gated = measure_gated() if not args.only or "gated" in args.only else []
    cases += [
        Case(f"gated {row.family.model}", "autograd nodes", None, None, GATED, row.worst,
             note=f"{row.gates} gates, {row.fields} of {row.convolutions} fields")
        for row in gated
    ]  # fmt: skip
    seen = measure_fields() if not args.only or "fields" in args.only else {}
    cases += [
        Case(
            f"field/{name}", "the gradient's support", None, None, 0, wrong, note=f"{wrong} of {count} positions wrong"
        )
        for name, (wrong, count) in seen.items()
    ]
    if args.write and results:
        write(args.write, sorted(results, key=lambda r: MODELS.index(r.model)))
    if args.write and spelled:
        write_spelled(args.write, spelled)
    if args.write and gated:
        write_gated(args.write, gated)
    if args.write and seen:
        write_fields(args.write, seen)
    missed = [c.case for c in cases if not (c.max_difference or 0) <= (TARGET if c.bound is None else c.bound)]
    report("exactness", cases, worst=max((r.worst for r in results), default=None), missed=missed)
    return 1 if missed else 0 if len(results) == len(models) else 3


if __name__ == "__main__":
    sys.exit(main())
