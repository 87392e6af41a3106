"""The operators that a file may name: a list, and nothing that is not on it.

torch resolves any dotted name under `torch`, which reaches modules, file functions and operators that open files or
look past a tensor's memory. Here a name is first taken apart by a pattern, its operator must be on the list, its
overload one of that operator's, and the overload's own declaration must show that it works on tensors and numbers.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch

from convscope.models.exported.fields import Refused, shown

Returns = Literal["one", "several", "list", "number"]

_ATEN = re.compile(r"torch\.ops\.aten\.(_?[a-z][a-z0-9_]*)\.([A-Za-z][A-Za-z0-9_]*)")
WITHOUT_GRADIENT = "torch.ops.higher_order.wrap_with_set_grad_enabled"
"""A block under torch.no_grad(): its operations stand in a graph of their own."""

CHECKS = frozenset(
    "torch.ops.aten." + name
    for name in (
        "_assert_async.default",
        "_assert_async.msg",
        "_assert_scalar.default",
        "_assert_tensor_metadata.default",
        "_functional_assert_async.msg",
        "_functional_assert_scalar.default",
        "sym_constrain_range.default",
        "sym_constrain_range_for_size.default",
    )
)
"""Operators that compute nothing: what they check of sizes is checked anew when the program is traced."""

_POINTWISE = """
    abs acos acosh add addcdiv addcmul asin asinh atan atan2 atanh bitwise_and bitwise_not bitwise_or bitwise_xor ceil
    celu clamp clamp_max clamp_min clip copysign cos cosh deg2rad div divide elu eq erf erfc exp exp2 expm1 fill
    float_power floor floor_divide fmax fmin fmod frac ge gelu greater greater_equal gt hardshrink hardsigmoid
    hardswish hardtanh heaviside hypot isfinite isinf isnan le leaky_relu lerp less less_equal log log10 log1p log2
    log_sigmoid log_sigmoid_forward logaddexp logical_and logical_not logical_or logical_xor logit lt masked_fill
    maximum minimum mish mul multiply nan_to_num ne neg negative not_equal positive pow prelu _prelu_kernel rad2deg
    reciprocal relu relu6 remainder round rrelu rsqrt rsub selu sgn sigmoid sign silu sin sinh softplus softshrink
    sqrt square sub subtract tan tanh threshold true_divide trunc where xlogy zero
"""
_LAYERS = """
    adaptive_avg_pool1d adaptive_avg_pool2d _adaptive_avg_pool2d adaptive_max_pool1d adaptive_max_pool2d alpha_dropout
    avg_pool1d avg_pool2d avg_pool3d batch_norm bernoulli bilinear channel_shuffle native_channel_shuffle conv1d
    conv2d conv3d conv_transpose1d conv_transpose2d convolution cosine_similarity dropout embedding
    feature_alpha_dropout feature_dropout glu group_norm im2col col2im instance_norm layer_norm linear
    log_softmax _log_softmax max_pool1d max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d
    max_pool3d_with_indices _native_batch_norm_legit _native_batch_norm_legit_functional
    _native_batch_norm_legit_no_training native_batch_norm native_dropout native_group_norm native_layer_norm rms_norm
    _fused_rms_norm pairwise_distance pixel_shuffle pixel_unshuffle scaled_dot_product_attention
    _scaled_dot_product_attention_math _scaled_dot_product_flash_attention_for_cpu softmax _softmax upsample_bicubic2d
    upsample_bilinear2d _upsample_bicubic2d_aa _upsample_bilinear2d_aa upsample_linear1d upsample_nearest1d
    upsample_nearest2d _upsample_nearest_exact1d _upsample_nearest_exact2d upsample_trilinear3d grid_sampler
    grid_sampler_2d affine_grid_generator
"""
_SHAPES = """
    alias atleast_1d atleast_2d atleast_3d broadcast_tensors broadcast_to cat chunk clone concat concatenate
    constant_pad_nd contiguous copy detach diag diag_embed diagonal expand expand_as feature_dropout flatten flip
    fliplr flipud gather hstack index index_select lift_fresh_copy meshgrid movedim moveaxis narrow pad permute ravel
    reflection_pad1d reflection_pad2d repeat repeat_interleave replication_pad1d replication_pad2d reshape reshape_as
    roll rot90 scatter scatter_add select select_scatter slice slice_scatter split split_with_sizes squeeze stack
    swapaxes swapdims t take_along_dim tensor_split tile to _to_copy transpose tril triu type_as unbind unflatten
    unfold _unsafe_index _unsafe_view unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze view view_as vstack
    index_put index_add index_fill index_copy _reshape_copy
"""
_SUMS = """
    addbmm addmm addmv addr all amax amin aminmax any argmax argmin argsort baddbmm bmm cdist count_nonzero cross
    cummax cummin cumprod cumsum dist dot einsum frobenius_norm inner kthvalue linalg_matrix_norm linalg_norm
    linalg_vector_norm logcumsumexp logsumexp matmul max mean median min mm mv norm outer prod sort std std_mean sum
    sum_to_size tensordot topk trace var var_mean
"""
_MAKERS = """
    arange empty empty_like empty_permuted eye full full_like linspace new_empty new_full new_ones new_zeros ones
    ones_like rand rand_like randn randn_like scalar_tensor tril_indices triu_indices zeros zeros_like one_hot
    bucketize
"""
_NUMBERS = "sym_is_contiguous sym_numel sym_size sym_storage_offset sym_stride"

_FUNCTIONS = frozenset(" ".join((_POINTWISE, _LAYERS, _SHAPES, _SUMS, _MAKERS, _NUMBERS)).split())
_IN_PLACE = frozenset(
    f"{name}_" for name in f"{_POINTWISE} copy index_put detach dropout alpha_dropout feature_dropout".split()
)
"""What a training program writes where a module works in place: nn.ReLU(inplace=True), x += y."""

_REFUSED_OVERLOADS = frozenset({"view.dtype"})  # bytes read as another type, a bool of 7 say
_ARGUMENTS = re.compile(
    r"(Optional\[)?(List\[)*(Optional\[)?(Tensor|number|int|float|bool|str|SymInt)\]*|Device|Optional\[(Device|Generator)\]"
)

_ARITHMETIC = "add and_ eq floordiv ge gt le lt mod mul ne neg or_ pos sub truediv"
_SYMBOLIC: dict[str, Callable[..., Any]] = {
    **{f"_operator.{name}": getattr(operator, name) for name in _ARITHMETIC.split()},
    "torch.sym_float": torch.sym_float,
    "torch.sym_int": torch.sym_int,
    "torch.sym_ite": torch.sym_ite,
    "torch.sym_max": torch.sym_max,
    "torch.sym_min": torch.sym_min,
    "torch.sym_not": torch.sym_not,
}
"""The arithmetic of sizes where the batch size is free."""


@dataclass(frozen=True)
class Operator:
    """Something that may be called: an ATen overload with the names of its arguments, or arithmetic of sizes (none)."""

    target: Callable[..., Any]
    returns: Returns
    arguments: tuple[str, ...] = ()
    by_keyword: frozenset[str] = frozenset()
    """Which arguments are given by keyword alone."""
    needed: frozenset[str] = frozenset()
    """Which arguments have no default."""


def resolve(name: str) -> Operator:
    """The operator of a name in a file. Raises Refused for any that is not on the list."""
    if name in _SYMBOLIC:
        return Operator(_SYMBOLIC[name], "number")
    found = _ATEN.fullmatch(name)
    if found is None:
        raise Refused(f"it uses the operator {shown(name)}, which is none of ATen's")
    base, overload = found.groups()
    if base not in _FUNCTIONS | _IN_PLACE or f"{base}.{overload}" in _REFUSED_OVERLOADS:
        raise Refused(
            f"it uses the operator {shown(name)}, which is not among those of networks on images{_hint(base)}"
        )
    packet = getattr(torch.ops.aten, base, None)
    if packet is None or overload not in packet.overloads():
        raise Refused(f"it uses the operator {shown(name)}, which torch {torch.__version__} does not have")
    return _declared(getattr(packet, overload), base, name)


def _declared(target: Any, base: str, name: str) -> Operator:
    """The operator as its declaration says, which must be one of tensors and numbers that changes nothing unseen."""
    schema = target._schema
    for at, argument in enumerate(schema.arguments):
        written = argument.alias_info is not None and argument.alias_info.is_write
        if (written and not (base in _IN_PLACE and at == 0)) or not _ARGUMENTS.fullmatch(str(argument.type)):
            raise Refused(f"it uses the operator {shown(name)}, which takes more than tensors and numbers")
    return Operator(
        target,
        _returned([str(result.type) for result in schema.returns], name),
        tuple(argument.name for argument in schema.arguments),
        frozenset(argument.name for argument in schema.arguments if argument.kwarg_only),
        frozenset(argument.name for argument in schema.arguments if not argument.has_default_value()),
    )


def _returned(types: list[str], name: str) -> Returns:
    if types == ["Tensor"]:
        return "one"
    if types == ["List[Tensor]"]:
        return "list"
    if types and set(types) <= {"Tensor", "int"} and types != ["int"]:
        return "several"
    if types in (["int"], ["SymInt"], ["bool"]) and name.startswith("torch.ops.aten.sym_"):
        return "number"
    raise Refused(f"it uses the operator {shown(name)}, which returns {', '.join(types) or 'nothing'}")


def _hint(base: str) -> str:
    """What may help where an operator is refused that depends on how tensors lie in memory."""
    return (
        ": save the program as torch.export.export made it, without run_decompositions" if base == "as_strided" else ""
    )
