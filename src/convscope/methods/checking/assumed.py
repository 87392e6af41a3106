"""What was taken for what when a network was traced, in words: all that a proof against the module cannot decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from convscope.graph import Network
from convscope.graph.steps import Step
from convscope.graph.steps.pointwise import Rectifier, SmoothActivation
from convscope.methods.checking.literal import rectifier_named

_NAMED = 3  # places that are named; of more, how many there are


def assumptions(net: Network) -> tuple[str, ...]:
    """What the output was taken for, what is done to images, what counts as an activation and as a gate, what has no
    rule of its own."""
    height, width = net.input_shape[1:]
    return (
        f"output '{net.output}': {net.meaning}",
        f"images: {net.input_shape[0]} channel{'s' * (net.input_shape[0] > 1)} of {height} x {width} ({_recipe(net)})",
        *_activations(net),
        *_by_kind("no activation known by name, by derivative", _unnamed(net)),
        *_by_kind("held constant as gates", [step for step in net.steps if step.call.held or step.op == "glu"]),
        *_by_kind("no rule of their own, by fallback", _without_rule(net)),
        *([f"random, as was allowed: {_listed(net.program.random)}"] if net.program.random else []),
    )


def suspicions(net: Network) -> list[str]:
    """What is likely not to be meant: an input so small that nothing is left of it but one position."""
    last = next(
        (one for one in reversed(net.layers) if one.op == "conv2d" and one.spatial and one.gates != "part"), None
    )
    height, width = net.input_shape[1:]
    if last is None or last.field is None or (last.height, last.width) != (1, 1):
        return []
    if last.field.size[0] <= height or last.field.size[1] <= width:  # made to end so
        return []
    return [
        f"'{last.name}', the last convolution, has one position, whose field of {last.field.size[0]} x "
        f"{last.field.size[1]} pixels is mostly beyond the image: is {height} x {width} the size that it was made for?"
    ]


def _recipe(net: Network) -> str:
    """What is done to images, with the numbers that are most often wrong."""
    recipe = net.preprocess
    if recipe is None or isinstance(recipe, str):
        return "no preprocessing is known: images are normalised already"
    mean, std = (", ".join(f"{one:.4g}" for one in many) for many in (recipe.mean, recipe.std))
    return f"{recipe}; values times {recipe.scale:.4g}, minus {mean}, over {std}"


def _activations(net: Network) -> list[str]:
    """How many activations are rectified, by name: those called so and those that behave so."""
    called = Counter(step.op for step in net.steps if rectifier_named(step))
    standing = [
        step
        for step in net.activations.values()
        if isinstance(step, Rectifier | SmoothActivation) and not rectifier_named(net.steps[step.index - 1])
    ]
    found = []
    if called:
        found.append(f"rectified, called so: {_counted(called)}")
    for op in dict.fromkeys(step.op for step in standing):
        places = [step.name for step in standing if step.op == op]
        found.append(f"rectified, by behaviour: {len(places)} {op} written out, at {_listed(places)}")
    return found or ["rectified: nothing, there is no activation"]


def _without_rule(net: Network) -> list[Step]:
    """The steps that take their vector-Jacobian product on whole maps; masks take none."""
    return [step for step in net.steps if type(step) is Step and net.values[step.index].floating]


def _unnamed(net: Network) -> list[Step]:
    return [step for step in net.activations.values() if step.unnamed]


def _by_kind(what: str, steps: Iterable[Step]) -> list[str]:
    listed = list(steps)
    counts = Counter(step.op for step in listed)
    return [f"{what}: {_counted(counts)}, at {_listed([step.name for step in listed])}"] if listed else []


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {op}" for op, count in sorted(counts.items()))


def _listed(names: Iterable[str]) -> str:
    some = list(names)
    more = f" and {len(some) - _NAMED} more" if len(some) > _NAMED else ""
    return ", ".join(f"'{name}'" for name in some[:_NAMED]) + more


__all__ = ["assumptions", "suspicions"]
