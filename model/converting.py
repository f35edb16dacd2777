"""Foreign CRNN checkpoints as weights of this program.

A checkpoint is a file that `torch.save` has written, or a safetensors file, with the parameters by name. Its layout is
recognised by these names. The parameters keep their values and get the names, and where need be the order of axes and
rows, of one of the registered networks; every one of them must fit. What a checkpoint does not say is the characters
its classes stand for, and how its crops were prepared: the one has to be named, the other follows from the layout, as
its authors published it. docs/converting.md lists the layouts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model.charset import PRESETS, Charset
from model.checkpoint import Weights
from model.errors import CharsetError, WeightsError
from model.images import Fit, Preprocessing, Resampling
from model.networks import NETWORKS, build
from model.torch_files import read_torch_file

_FIXED = Preprocessing(widths=(100,), resampling=Resampling.BILINEAR)
_CLOVAAI = Preprocessing(widths=(100,))
# Bicubic where it was trained; but its reader has scaled a crop to the height by OpenCV's bilinear way before.
_EASYOCR = Preprocessing(height=64, widths=tuple(range(64, 2049, 64)), fit=Fit.PAD, resampling=Resampling.BILINEAR)

_WRAPPERS = ("module.", "_orig_mod.", "model.")  # DataParallel's, torch.compile's and Lightning's


def _unchanged(_name: str, value: Tensor) -> Tensor:
    return value


def _upright(_name: str, value: Tensor) -> Tensor:
    """Exchange the axes of a kernel that was trained on images with theirs exchanged."""
    return value.transpose(2, 3) if value.dim() == 4 else value


def _blank_first(name: str, value: Tensor) -> Tensor:
    """Move the last row of the head, the blank's, to the front."""
    return value.roll(1, 0) if name.startswith("fc.") else value


@dataclass(frozen=True, slots=True)
class Layout:
    """The names that a family of checkpoints has for the parameters of a registered network.

    Attributes:
        name: the layout's own.
        mark: a parameter that no other layout has.
        network: the registered network.
        aliases: patterns of names that stand for others in some of its checkpoints, each with what replaces it.
        prefixes: what names begin with in the network and in the checkpoint, where they differ.
        options: of the network.
        sizes: more of its options, each with the parameter and the axis whose length it is.
        preprocessing: how crops were prepared.
        value: makes a parameter of the network, by its name there, of the one in the checkpoint.
    """

    name: str
    mark: str
    network: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    preprocessing: Preprocessing = _FIXED
    value: Callable[[str, Tensor], Tensor] = _unchanged

    def named(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the parameters of a checkpoint with their aliases replaced."""
        renamed = dict(state)
        for pattern, replacement in self.aliases.items():
            renamed = {re.sub(pattern, replacement, name): value for name, value in renamed.items()}
        return renamed

    def source(self, name: str) -> str:
        """Return the checkpoint's name of a parameter of the network."""
        for own, theirs in self.prefixes.items():
            if name.startswith(own):
                return theirs + name.removeprefix(own)
        return name


_CLOVAAI_PREFIXES = {
    "cnn.": "FeatureExtraction.ConvNet.",
    "rnn.0.embedding.": "SequenceModeling.0.linear.",
    "rnn.1.embedding.": "SequenceModeling.1.linear.",
    "rnn.": "SequenceModeling.",
    "fc.": "Prediction.",
}
_CLOVAAI_HIDDEN = ("SequenceModeling.0.rnn.weight_hh_l0", 1)
_DOCTR: dict[str, Any] = {
    "prefixes": {"cnn.": "feat_extractor.", "rnn.": "decoder.", "fc.": "linear."},
    "sizes": {"hidden": ("decoder.weight_hh_l0", 1)},
    "preprocessing": NETWORKS["doctr-vgg16"].preprocessing,
    "value": _blank_first,
}

LAYOUTS = (
    Layout(
        "article",
        mark="stage5.weight",
        network="vgg16-bilstm",
        # Retold in many places, with other names for what the layers of its classes are called.
        aliases={
            r"^body\.\w+\.(\d+\.\w+)$": r"body.\1",
            r"^(rnn\.\d)\.\w+\.(\w+_[ih]h_l0\w*)$": r"\1.rnn.\2",
            r"^(rnn\.\d)\.\w+\.(weight|bias)$": r"\1.embedding.\2",
        },
        sizes={"hidden": ("rnn.0.rnn.weight_hh_l0", 1)},
        preprocessing=replace(NETWORKS["vgg16-bilstm"].preprocessing, widths=(200,), resampling=Resampling.BILINEAR),
        value=_upright,
    ),
    Layout(
        "gitycc",
        mark="map_to_seq.weight",
        network="gitycc-crnn",
        sizes={"mapped": ("map_to_seq.weight", 0), "hidden": ("rnn1.weight_hh_l0", 1)},
    ),
    Layout(
        "meijieru",
        mark="rnn.0.embedding.weight",
        network="crnn",
        sizes={"hidden": ("rnn.0.rnn.weight_hh_l0", 1)},
    ),
    Layout(
        "clovaai-vgg",
        mark="FeatureExtraction.ConvNet.18.weight",
        network="clovaai-vgg",
        prefixes=_CLOVAAI_PREFIXES,
        sizes={"channels": ("FeatureExtraction.ConvNet.18.weight", 0), "hidden": _CLOVAAI_HIDDEN},
        preprocessing=_CLOVAAI,
    ),
    Layout(
        "clovaai-resnet",
        mark="FeatureExtraction.ConvNet.conv4_2.weight",
        network="clovaai-resnet",
        prefixes=_CLOVAAI_PREFIXES,
        sizes={"channels": ("FeatureExtraction.ConvNet.conv4_2.weight", 0), "hidden": _CLOVAAI_HIDDEN},
        preprocessing=_CLOVAAI,
    ),
    Layout("doctr-vgg16", mark="feat_extractor.40.weight", network="doctr-vgg16", **_DOCTR),
    Layout(
        "doctr-mobilenet-large", "feat_extractor.16.0.weight", "doctr-mobilenet", options={"size": "large"}, **_DOCTR
    ),
    Layout(
        "doctr-mobilenet-small", "feat_extractor.12.0.weight", "doctr-mobilenet", options={"size": "small"}, **_DOCTR
    ),
)
"""What is recognised: the first layout whose mark a checkpoint has."""


def convert(path: Path, charset: Charset | None) -> tuple[Weights, str]:
    """Return a foreign checkpoint as weights, and the name of its layout.

    Args:
        path: the checkpoint. Only data are read from it; whatever code a pickle names is refused, never run.
        charset: the characters of its classes, in their order.

    Raises:
        WeightsError: the file cannot be read, is of no known layout, holds several networks, or has parameters that
            are missing, left over or of a wrong shape.
        CharsetError: there is none, or the head has another number of rows.
    """
    state, layout = _recognised(read_torch_file(path), path)
    classes = _classes(state, layout, path)
    if charset is None:
        raise CharsetError(
            f"{path} does not say which {classes - 1} characters it can write; name them with --charset: a file of "
            f"them in their order, or one of {', '.join(f'{name} ({len(PRESETS[name])})' for name in PRESETS)}."
        )
    if len(charset) != classes:
        raise CharsetError(f"{path} can write {classes - 1} characters, but the charset has {len(charset) - 1}.")
    options = {**layout.options, **_sizes(state, layout)}
    weights = Weights(
        network=layout.network,
        options=options,
        charset=charset,
        preprocessing=_preprocessing(layout, options),
        ancestry=({"converted_from": path.name, "sha256": _sha256(path), "layout": layout.name},),
        licence=f"that of {path.name}, which states none",
        state=_fitted(state, layout, classes, options, path),
    )
    return weights, layout.name


def _recognised(content: object, path: Path) -> tuple[dict[str, Tensor], Layout]:
    """Return the parameters of the one network in a checkpoint, by their names in its layout, and the layout."""
    found = dict(_networks(content))
    if not found:
        raise WeightsError(f"{path} holds no parameters by name; save the network's state_dict() with torch.save.")
    fitting = {
        place: (layout.named(state), layout)
        for place, state in found.items()
        if (layout := next((layout for layout in LAYOUTS if layout.mark in layout.named(state)), None))
    }
    if not fitting:
        known = ", ".join(layout.name for layout in LAYOUTS)
        raise WeightsError(f"{path} is a checkpoint of no layout that is known; known are {known}.")
    if len(fitting) > 1:
        raise WeightsError(
            f"{path} holds several networks, in {', '.join(sorted(fitting))}; save the state_dict() of one of them "
            "with torch.save."
        )
    return next(iter(fitting.values()))


def _networks(content: object) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield the tensors by name that lie together in a checkpoint, whatever lies beside them, and where they lie."""
    seen: set[int] = set()  # one dictionary may lie in several places, itself among them
    todo = [("", content)]
    while todo:
        place, value = todo.pop()
        if not isinstance(value, Mapping) or id(value) in seen:
            continue
        seen.add(id(value))
        inner = {name: entry for name, entry in value.items() if isinstance(name, str) and isinstance(entry, Tensor)}
        if inner:
            yield place, _unwrapped({name: entry.detach() for name, entry in inner.items()})
        todo += [(f"{place}.{name}" if place else str(name), entry) for name, entry in value.items()]


def _unwrapped(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the parameters without the prefixes that wrappers around a network put before all of their names."""
    for prefix in _WRAPPERS:
        if all(name.startswith(prefix) for name in state):
            return _unwrapped({name.removeprefix(prefix): value for name, value in state.items()})
    return state


def _classes(state: Mapping[str, Tensor], layout: Layout, path: Path) -> int:
    head = layout.source(f"{NETWORKS[layout.network].head_prefix}.bias")
    if head not in state or state[head].dim() != 1 or len(state[head]) < 2:
        raise WeightsError(f"{path} has the layout {layout.name} but no parameter {head} with a value for each class.")
    return len(state[head])


def _sizes(state: Mapping[str, Tensor], layout: Layout) -> dict[str, int]:
    """Return the options that can be read off a shape. Where they cannot, comparing all shapes will tell why."""
    shapes = {option: state[name].shape[axis:] for option, (name, axis) in layout.sizes.items() if name in state}
    return {option: shape[0] for option, shape in shapes.items() if shape and shape[0] > 0}


def _preprocessing(layout: Layout, options: Mapping[str, Any]) -> Preprocessing:
    """Return the layout's preprocessing, or EasyOCR's, whose networks are clovaai's in sizes of their own."""
    easyocr = {"clovaai-vgg": ("channels", 256), "clovaai-resnet": ("hidden", 512)}
    option, size = easyocr.get(layout.name, ("", None))
    return _EASYOCR if option and options.get(option) == size else layout.preprocessing


def _fitted(
    state: Mapping[str, Tensor], layout: Layout, classes: int, options: Mapping[str, Any], path: Path
) -> dict[str, Tensor]:
    """Return the network's parameters, made of those of the checkpoint, each of which is used."""
    # The sizes of the network are read off its parameters, so a few bytes could ask for one of any size.
    if repeated := [name for name, value in state.items() if _is_plain(value) and _is_expanded(value)]:
        raise WeightsError(
            f"{path} has parameters that repeat fewer values than they stand for: {', '.join(repeated)}."
        )
    wanted = _wanted(layout, classes, options)
    left = dict(state)
    fitted: dict[str, Tensor] = {}
    missing, misshapen, odd, infinite = [], [], [], []
    for name, place in wanted.items():
        source = layout.source(name)
        if source not in left:
            if name.endswith("num_batches_tracked"):  # unknown to torch before 0.4.1; nothing is computed from it
                fitted[name] = torch.zeros((), dtype=torch.int64)
            else:
                missing.append(source)
            continue
        value = left.pop(source)
        if not _is_plain(value) or (place.is_floating_point() and not value.is_floating_point()):
            odd.append(f"{source} ({str(value.dtype).removeprefix('torch.')})")
            continue
        if value.dim() == place.dim():
            value = layout.value(name, value)
        if value.shape != place.shape:
            misshapen.append(f"{source} {tuple(value.shape)} instead of {tuple(place.shape)}")
            continue
        fitted[name] = value.to(place.dtype).contiguous()
        if not fitted[name].isfinite().all():
            infinite.append(source)
    problems = (
        ("it lacks", missing),
        ("of a wrong shape", misshapen),
        ("no plain floating-point numbers", odd),
        ("with values that are not finite", infinite),
        ("left over", sorted(left)),
    )
    if told := "; ".join(f"{what}: {', '.join(names)}" for what, names in problems if names):
        raise WeightsError(f"{path} looks like the layout {layout.name} but does not fit; {told}.")
    return fitted


def _wanted(layout: Layout, classes: int, options: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the parameters of the network without values; of the usual one where none has such sizes."""
    with torch.device("meta"):
        try:
            network = build(layout.network, classes, **options)
        except WeightsError:
            network = build(layout.network, classes, **layout.options)
    return network.state_dict()


def _is_plain(value: Tensor) -> bool:
    return value.layout == torch.strided and not value.is_quantized and not value.is_complex()


def _is_expanded(value: Tensor) -> bool:
    return value.numel() * value.element_size() > value.untyped_storage().nbytes()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
