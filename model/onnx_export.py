"""Networks as ONNX files, for programs that read with onnxruntime, or any other runtime, and without torch.

The graph takes strips as :func:`model.images.to_strip` makes them, stacked, and scales their pixels itself:

* input ``strips``: uint8 (N, height, W), or (N, height, W, 3) for networks that see colours; N and W are free;
* output ``logits``: float32 (N, T, classes), the blank at class 0.

The file's metadata has the key ``crnn`` with the same JSON document as a weights file: the charset, how a crop becomes
a strip, and the temperature the logits are divided by before their softmax. docs/adr/0009-onnx.md has the reasons.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from model.atomic import write_bytes
from model.checkpoint import Weights, build_network, metadata
from model.errors import KnownError, WeightsError
from model.extras import require
from model.images import Preprocessing
from model.networks import fold_batch_norm
from model.networks.routed import Routed, seen
from model.weights_document import METADATA_KEY

OPSET, IR_VERSION = 17, 8
"""Versions of the operators and of the file format that every onnxruntime since 1.13 (2022) reads."""

_FLOAT, _UINT8, _INT32, _BOOL = 1, 2, 6, 9  # onnx.TensorProto's numbers of these types


class OnnxError(KnownError):
    """A network has a layer that has no counterpart in :mod:`model.onnx_export`."""


def export_onnx(weights: Weights, path: Path) -> None:
    """Write an ONNX file: all of it or, when that fails, nothing.

    Raises:
        OnnxError, MissingLibraryError: see :func:`to_onnx`.
        WeightsError: the file cannot be written.
    """
    content = to_onnx(weights)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    except OSError as error:
        raise WeightsError(f"The network cannot be written to {path}: {error.strerror or error}.") from error


def to_onnx(weights: Weights) -> bytes:
    """Return an ONNX file's content. The same weights always give the same bytes.

    Raises:
        OnnxError: the network has a layer this module cannot write.
        MissingLibraryError: the library onnx is not installed.
    """
    graph = _Graph()
    spec = weights.preprocessing
    network = fold_batch_norm(build_network(weights))
    logits = _write_network(network, graph, _write_normalization(graph, "strips", spec))
    return graph.serialized(logits, spec, classes=1 + len(weights.charset.characters), document=metadata(weights))


class _Graph:
    """The nodes and constants of a graph while it grows; a value is known by its name.

    Args:
        within: what all names begin with, in a graph that is a part of another one.
    """

    def __init__(self, within: str = "") -> None:
        self._within = within
        self._helper = require("onnx.helper", extra="onnx", purpose="An ONNX file")
        self._numpy_helper = require("onnx.numpy_helper", extra="onnx", purpose="An ONNX file")
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Append a node and return the name of its first output."""
        name = f"{self._within}{operation}_{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(operation, inputs, [name], name=name, **attributes))
        return name

    def constant(self, values: Tensor | NDArray[Any] | Sequence[int]) -> str:
        """Enter values (a sequence as int64) and return their name."""
        array = values.detach().numpy() if isinstance(values, Tensor) else np.asarray(values)
        name = f"{self._within}constant_{len(self._constants)}"
        self._constants.append(self._numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def as_branch(self, output: str) -> Any:
        """Return the graph as a branch of another one, whose values it uses by their names."""
        output = self.add("Identity", output)
        told = self._helper.make_tensor_value_info(output, _FLOAT, None)
        return self._helper.make_graph(self._nodes, f"{self._within}branch", [], [told], self._constants)

    def serialized(self, output: str, spec: Preprocessing, *, classes: int, document: str) -> bytes:
        helper = self._helper
        colours = [] if spec.channels == 1 else [spec.channels]
        self._nodes.append(helper.make_node("Identity", [output], ["logits"], name="logits"))
        graph = helper.make_graph(
            self._nodes,
            "crnn",
            [helper.make_tensor_value_info("strips", _UINT8, ["N", spec.height, "W", *colours])],
            [helper.make_tensor_value_info("logits", _FLOAT, ["N", "T", classes])],
            self._constants,
        )
        opset = helper.make_opsetid("", OPSET)
        file = helper.make_model(graph, producer_name="crnn-gui", opset_imports=[opset], ir_version=IR_VERSION)
        helper.set_model_props(file, {METADATA_KEY: document})
        content: bytes = file.SerializeToString(deterministic=True)
        return content


def _write_normalization(graph: _Graph, strips: str, spec: Preprocessing) -> str:
    """Turn strips into images (N, C, height, W) as :func:`model.images.normalize_strip` does."""
    if spec.channels == 1:
        planes = graph.add("Unsqueeze", strips, graph.constant([1]))
    else:
        planes = graph.add("Transpose", strips, perm=[0, 3, 1, 2])
    scale, shift = (np.array(values, np.float32).reshape(-1, 1, 1) for values in spec.scale_and_shift())
    pixels = graph.add("Cast", planes, to=_FLOAT)
    return graph.add("Add", graph.add("Mul", pixels, graph.constant(scale)), graph.constant(shift))


class _Judged(nn.Module):
    """What the general network of a routed one reads, and which crops (N, 1) are the specialist's."""

    def __init__(self, network: Routed) -> None:
        super().__init__()
        self.general, self.router = network.general, network.router

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features, states = seen(self.general, images)
        return self.general.decode(states), self.router(features) > 0


def _write_routed(network: Routed, graph: _Graph, images: str) -> str:
    """Write a network that has a specialist. The specialist computes where a crop is its own, else it does not."""
    logits, mine = _write_traced(_Judged(network), graph, images)
    special, general = _Graph("special_"), _Graph("general_")
    each = special.add("Unsqueeze", mine, special.constant([2]))
    chosen = special.add("Where", each, _write_network(network.specialist, special, images), logits)
    some = graph.add("Cast", graph.add("ReduceMax", graph.add("Cast", mine, to=_INT32), keepdims=0), to=_BOOL)
    return graph.add("If", some, then_branch=special.as_branch(chosen), else_branch=general.as_branch(logits))


def _write_network(network: nn.Module, graph: _Graph, images: str) -> str:
    """Write all that happens in the network's forward and return its result."""
    if isinstance(network, Routed):
        return _write_routed(network, graph, images)
    logits: str = _write_traced(network, graph, images)
    return logits


def _write_traced(network: nn.Module, graph: _Graph, images: str) -> Any:
    """Write what happens in the forward of a module without branches and return its result, or all of them."""
    traced = fx.symbolic_trace(network).graph
    traced.eliminate_dead_code()
    names: dict[fx.Node, str] = {}
    for node in traced.nodes:
        values = fx.map_arg(node.args, names.__getitem__)
        match node.op:
            case "placeholder":
                names[node] = images
            case "call_module":
                names[node] = _write(network.get_submodule(node.target), graph, values[0])
            case "call_function" | "call_method" if node.target in _FUNCTIONS and not node.kwargs:
                names[node] = _FUNCTIONS[node.target](graph, *values)
            case "output":
                return values[0]
            case _:
                raise OnnxError(f"The network cannot be written as ONNX: {node.format_node()} has no counterpart here.")
    raise AssertionError("a traced graph ends with its output")


def _first(_graph: _Graph, recurrent: str, index: int) -> str:
    """Return the states of a recurrent layer; the second part of its result, the last state, is never written."""
    if index:
        raise OnnxError("The network cannot be written as ONNX: it uses the last state of a recurrent layer.")
    return recurrent


_FUNCTIONS: dict[Any, Callable[..., str]] = {
    operator.add: lambda graph, one, other: graph.add("Add", one, other),
    operator.iadd: lambda graph, one, other: graph.add("Add", one, other),
    operator.mul: lambda graph, one, other: graph.add("Mul", one, other),
    operator.getitem: _first,
    "permute": lambda graph, x, *axes: graph.add("Transpose", x, perm=axes),
    "squeeze": lambda graph, x, axis: graph.add("Squeeze", x, graph.constant([axis])),
    "mean": lambda graph, x, axes: graph.add("ReduceMean", x, axes=_listed(axes), keepdims=0),
    "amax": lambda graph, x, axes: graph.add("ReduceMax", x, axes=_listed(axes), keepdims=0),
    operator.gt: lambda graph, x, bound: graph.add("Greater", x, graph.constant(np.float32(bound))),
    torch.cat: lambda graph, parts, axis: graph.add("Concat", *parts, axis=axis),
}


@singledispatch
def _write(module: nn.Module, _graph: _Graph, _x: str) -> str:
    """Write one layer that is applied to the value ``_x`` and return its result."""
    raise OnnxError(f"The network cannot be written as ONNX: {type(module).__name__} has no counterpart here.")


@_write.register(nn.Identity)
@_write.register(nn.Dropout)
@_write.register(nn.Dropout2d)
def _(_module: nn.Module, _graph: _Graph, x: str) -> str:
    return x


@_write.register
def _(_module: nn.ReLU, graph: _Graph, x: str) -> str:
    return graph.add("Relu", x)


@_write.register
def _(_module: nn.Hardswish, graph: _Graph, x: str) -> str:
    return graph.add("HardSwish", x)


@_write.register
def _(_module: nn.Hardsigmoid, graph: _Graph, x: str) -> str:
    return graph.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)


@_write.register
def _(module: nn.AdaptiveAvgPool2d, graph: _Graph, x: str) -> str:
    if module.output_size not in (1, (1, 1)):
        raise OnnxError(f"The network cannot be written as ONNX: a pooling to {module.output_size} pixels.")
    return graph.add("GlobalAveragePool", x)


@_write.register
def _(module: nn.Conv2d, graph: _Graph, x: str) -> str:
    if isinstance(module.padding, str) or module.padding_mode != "zeros":
        raise OnnxError("The network cannot be written as ONNX: a convolution pads by more than a number of zeros.")
    return graph.add(
        "Conv",
        x,
        graph.constant(module.weight),
        *([] if module.bias is None else [graph.constant(module.bias)]),
        kernel_shape=module.kernel_size,
        strides=module.stride,
        pads=[*module.padding, *module.padding],
        dilations=module.dilation,
        group=module.groups,
    )


@_write.register
def _(module: nn.BatchNorm2d, graph: _Graph, x: str) -> str:
    assert module.running_mean is not None, "the registered networks keep statistics"
    assert module.running_var is not None, "the registered networks keep statistics"
    values = (module.weight, module.bias, module.running_mean, module.running_var)
    return graph.add("BatchNormalization", x, *map(graph.constant, values), epsilon=module.eps)


@_write.register
def _(module: nn.MaxPool2d, graph: _Graph, x: str) -> str:
    padding = _pair(module.padding)
    return graph.add(
        "MaxPool",
        x,
        kernel_shape=_pair(module.kernel_size),
        strides=_pair(module.stride),
        pads=padding + padding,
        dilations=_pair(module.dilation),
        ceil_mode=int(module.ceil_mode),
    )


@_write.register
def _(module: nn.Linear, graph: _Graph, x: str) -> str:
    product = graph.add("MatMul", x, graph.constant(module.weight.T))
    return product if module.bias is None else graph.add("Add", product, graph.constant(module.bias))


@_write.register
def _(module: nn.LSTM, graph: _Graph, x: str) -> str:
    return _write_recurrent(module, graph, x, gates=(0, 3, 1, 2))  # torch: in, forget, cell, out; ONNX: i, o, f, c


@_write.register
def _(module: nn.GRU, graph: _Graph, x: str) -> str:
    # torch: reset, update, new; ONNX: z, r, h. torch resets what comes out of the recurrent product.
    return _write_recurrent(module, graph, x, gates=(1, 0, 2), linear_before_reset=1)


def _write_recurrent(module: nn.RNNBase, graph: _Graph, x: str, *, gates: Sequence[int], **attributes: int) -> str:
    """Write all layers of a recurrent module, (T, N, features) to (T, N, directions * hidden)."""
    if module.proj_size or not module.bias:
        raise OnnxError("The network cannot be written as ONNX: a recurrent layer has a projection or no bias.")
    swap = (1, 0, 2)
    if module.batch_first:
        x = graph.add("Transpose", x, perm=swap)
    for layer in range(module.num_layers):
        suffixes = [f"l{layer}", f"l{layer}_reverse"][: 1 + module.bidirectional]

        def stacked(kind: str, suffixes: Sequence[str] = suffixes) -> Tensor:
            """Return a parameter of all directions, its gates in the order of ONNX."""
            each = [module.get_parameter(f"{kind}_{suffix}").chunk(len(gates)) for suffix in suffixes]
            return torch.stack([torch.cat([chunks[gate] for gate in gates]) for chunks in each])

        states = graph.add(
            type(module).__name__,
            x,
            graph.constant(stacked("weight_ih")),
            graph.constant(stacked("weight_hh")),
            graph.constant(torch.cat([stacked("bias_ih"), stacked("bias_hh")], dim=1)),
            hidden_size=module.hidden_size,
            direction="bidirectional" if module.bidirectional else "forward",
            **attributes,
        )
        apart = graph.add("Transpose", states, perm=[0, 2, 1, 3])  # (T, directions, N, hidden) before
        x = graph.add("Reshape", apart, graph.constant([0, 0, -1]))
    return graph.add("Transpose", x, perm=swap) if module.batch_first else x


def _listed(axes: int | Sequence[int]) -> list[int]:
    return [axes] if isinstance(axes, int) else list(axes)


def _pair(value: int | tuple[int, ...]) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)
