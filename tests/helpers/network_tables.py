"""The tables of docs/networks.md, computed from the networks themselves.

    python -m tests.helpers.network_tables     # writes them into the document

A table stands between two comments, ``<!-- table NAME -->`` and ``<!-- end -->``; the prose around it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from model.networks import NETWORKS, Network, build

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "networks.md"
WIDTHS = (64, 100, 128, 200, 256)
CLASSES = 37
NAMES = ("crnn-lite", "crnn", "vgg-bigru", "vgg16-bilstm")
FOREIGN = tuple(sorted(set(NETWORKS) - set(NAMES)))
SHOWN_WIDTH = {"vgg16-bilstm": 200}

_TABLE = re.compile(r"<!-- table (\S+) -->\n.*?<!-- end -->", re.DOTALL)


class Pass(NamedTuple):
    """What one image of a width does in a network: its layers in order, and the whole."""

    layers: list[Layer]
    logits: tuple[int, ...]
    flops: int


class Layer(NamedTuple):
    """A layer with weights or a pooling, and what follows it without changing the shape."""

    name: str
    module: nn.Module
    after: list[nn.Module]
    shape: tuple[int, ...]
    flops: int


def on_meta(name: str) -> Network:
    """Return a network without memory for its parameters, in eval mode."""
    with torch.device("meta"):
        return build(name, CLASSES).eval()


@cache
@torch.no_grad()
def run(name: str, width: int) -> Pass:
    """Send an image of shapes without values through a network and count."""
    network, seen, lengths = on_meta(name), [], {}
    for path, module in network.named_modules():
        if isinstance(module, nn.RNNBase):
            _shorten(module, path, lengths)
        if not any(module.children()):
            module.register_forward_hook(lambda module, _, out, path=path: seen.append((path, module, out)))
    counter = FlopCounterMode(display=False)
    with counter:
        logits = network(torch.empty(1, network.preprocessing.channels, 32, width, device="meta"))
    counts = {path.partition(".")[2]: sum(ops.values()) for path, ops in counter.get_flop_counts().items()}
    left_out = {path: (length - 1) * counts[path] for path, length in lengths.items()}
    layers: list[Layer] = []
    for path, module, out in seen:
        if isinstance(module, nn.BatchNorm2d | nn.ReLU):
            layers[-1].after.append(module)
        else:
            layers.append(Layer(path, module, [], _shape(out), counts.get(path, 0) + left_out.get(path, 0)))
    return Pass(layers, tuple(logits.shape), counter.get_total_flops() + sum(left_out.values()))


def _shorten(module: nn.RNNBase, path: str, lengths: dict[str, int]) -> None:
    """Let a recurrent layer do one frame only, and note how many there are: each takes the same work, and seconds."""
    time = 1 if module.batch_first else 0

    def first_frame(_: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        lengths[path] = inputs[0].shape[time]
        return (inputs[0].narrow(time, 0, 1),)

    def all_frames(_: nn.Module, __: tuple[Tensor], out: tuple[Tensor, object]) -> tuple[Tensor, object]:
        return out[0].repeat_interleave(lengths[path], dim=time), out[1]

    module.register_forward_pre_hook(first_frame)
    module.register_forward_hook(all_frames)


def _shape(out: Tensor | tuple[Tensor, object]) -> tuple[int, ...]:
    """Return (channels, height, width) of maps, or (T, features) of a sequence."""
    tensor = out[0] if isinstance(out, tuple) else out
    return tuple(tensor.shape[1:]) if tensor.dim() == 4 else (tensor.shape[0], tensor.shape[2])


def table(name: str) -> str:
    """Return a table of the document by its name."""
    makers = {"overview": _overview, "frames": _frames, "flops": _flops}
    return makers[name]() if name in makers else _layers(name)


def _overview() -> str:
    rows = []
    for name in NAMES + FOREIGN:
        spec = NETWORKS[name].preprocessing
        values = ", ".join(f"{mean:g}/{std:g}" for mean, std in zip(spec.mean, spec.std, strict=True))
        colours = {1: "grey", 3: "RGB"}[spec.channels]
        rows.append((f"`{name}`", colours, values, f"{_parameters(on_meta(name)):,}"))
    return _table(("network", "input", "mean/std", "parameters"), rows)


def _frames() -> str:
    rows = [(f"`{name}`", *(str(NETWORKS[name].frames(width)) for width in WIDTHS)) for name in NAMES + FOREIGN]
    return _table(("T at width", *map(str, WIDTHS)), rows)


def _flops() -> str:
    rows = [(f"`{name}`", *(f"{run(name, width).flops / 1e6:,.0f}" for width in WIDTHS)) for name in NAMES + FOREIGN]
    return _table(("MFLOP at width", *map(str, WIDTHS)), rows)


def _layers(name: str) -> str:
    width = SHOWN_WIDTH.get(name, 100)
    whole = run(name, width)
    channels = NETWORKS[name].preprocessing.channels
    rows = [("", "image", f"{channels} x 32 x {width}", "", "")]
    rows += [
        (
            f"`{layer.name}`",
            ", ".join(map(_words, (layer.module, *layer.after))),
            " x ".join(map(str, layer.shape)),
            f"{_parameters(layer.module, *layer.after):,}",
            f"{layer.flops / 1e6:.1f}",
        )
        for layer in whole.layers
    ]
    rows.append(("", "**all**", "", f"**{_parameters(on_meta(name)):,}**", f"**{whole.flops / 1e6:.1f}**"))
    return _table(("name", "layer", "output", "parameters", "MFLOP"), rows)


def _parameters(*modules: nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def _words(module: nn.Module) -> str:
    if isinstance(module, nn.Conv2d | nn.MaxPool2d):
        kind = "conv" if isinstance(module, nn.Conv2d) else "max pool"
        usual = 1 if isinstance(module, nn.Conv2d) else module.kernel_size
        stride = "" if _pair(module.stride) == _pair(usual) else f" stride {_pair(module.stride)}"
        padding = "" if _pair(module.padding) == "0x0" else f" pad {_pair(module.padding)}"
        return f"{kind} {_pair(module.kernel_size)}{stride}{padding}"
    if isinstance(module, nn.RNNBase):
        return f"{module.num_layers} x Bi{type(module).__name__} of {module.hidden_size}"
    return {nn.Linear: "linear", nn.BatchNorm2d: "batch norm", nn.ReLU: "ReLU"}[type(module)]


def _pair(value: int | str | Sequence[int]) -> str:
    return "x".join(map(str, value if isinstance(value, tuple) else (value, value)))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written(document: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each table in a document."""
    for match in _TABLE.finditer(document):
        _, *lines, _ = match.group().split("\n")
        yield match.group(1), "\n".join(lines)


def renewed(document: str) -> str:
    """Return a document with its tables computed anew."""
    return _TABLE.sub(lambda match: f"<!-- table {match.group(1)} -->\n{table(match.group(1))}\n<!-- end -->", document)


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
