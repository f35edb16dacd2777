"""Weights files: one safetensors file that holds a network's parameters and all that is needed to read with them.

The file's metadata has the single key ``crnn``, a JSON document with sorted keys; docs/adr/0004-weights-format.md
describes it. A file holds data only, no code, and the same weights always give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.atomic import write_bytes
from model.charset import BLANK, Charset
from model.errors import WeightsError
from model.images import Preprocessing
from model.weights_document import FORMAT, METADATA_KEY, fields, read_document

if TYPE_CHECKING:
    from torch import Tensor

    from model.networks import Network


@dataclass(frozen=True, slots=True)
class WeightsInfo:
    """What a person wants to know of a weights file; plain values without tensors.

    Attributes:
        path, name: where the file lies, and its name without the suffix.
        hash: the first 16 hexadecimal digits of the file's SHA-256; predictions refer to it.
        network, charset, preprocessing, metrics, ancestry, licence, temperature: as in :class:`Weights`.
    """

    path: Path
    name: str
    hash: str
    network: str
    charset: Charset
    preprocessing: Preprocessing
    metrics: Mapping[str, Any]
    ancestry: tuple[Mapping[str, Any], ...]
    licence: str
    temperature: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A network's parameters with its charset, preprocessing, metrics and ancestry.

    Attributes:
        network, options: name in the registry of networks, and the keyword arguments it is built with.
        charset: its characters; row i + 1 of the network's head writes character i, row 0 the blank.
        metrics: figures of the last evaluation, by name.
        ancestry: one entry for each training these weights went through, oldest first.
        temperature: what logits are divided by before confidences are computed.
        state: every parameter and buffer by name, on the CPU.
    """

    network: str
    options: Mapping[str, Any] = field(default_factory=dict)
    charset: Charset
    preprocessing: Preprocessing
    metrics: Mapping[str, Any] = field(default_factory=dict)
    ancestry: tuple[Mapping[str, Any], ...] = ()
    licence: str = ""
    temperature: float = 1.0
    state: Mapping[str, Tensor]


def save_weights(weights: Weights, path: Path) -> None:
    """Write a weights file: all of it or, when that fails, nothing.

    Raises:
        WeightsError: a value is not finite, or the file cannot be written.
    """
    from safetensors.torch import save

    _refuse_not_finite(weights.state, path)
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in weights.state.items()}
    content = save(tensors, metadata={METADATA_KEY: metadata(weights)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    except OSError as error:
        raise WeightsError(f"The weights cannot be written to {path}: {error.strerror or error}.") from error


def metadata(weights: Weights) -> str:
    """Return the JSON document that says all but the parameters; its keys are sorted."""
    document = {
        "format": FORMAT,
        "network": weights.network,
        "options": dict(weights.options),
        "charset": weights.charset.characters,
        "preprocessing": asdict(weights.preprocessing),
        "metrics": dict(weights.metrics),
        "ancestry": [dict(entry) for entry in weights.ancestry],
        "licence": weights.licence,
        "temperature": weights.temperature,
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False)


def load_weights(path: Path) -> Weights:
    """Read a weights file and check all of it against the network it names.

    Raises:
        WeightsError: the file is missing, foreign, damaged, of a newer format, or its parameters do not fit the
            network: names what is missing, left over, of a wrong shape or type, or not finite.
    """
    return load_with_hash(path)[0]


def load_with_hash(path: Path) -> tuple[Weights, str]:
    """Read a weights file as :func:`load_weights` does, and return its hash beside it.

    Both are of one file, also where another one takes its place meanwhile.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    with _opened(path) as file:
        document = read_document(file, path)
        hash_ = _hash(file)
        file.seek(0)
        content = file.read()
    try:
        state = load(content)
    except (SafetensorError, KeyError) as error:  # KeyError: a type of number that safetensors knows and torch does not
        raise WeightsError(f"The weights file {path} is damaged: {error}.") from error
    weights = Weights(**fields(document, path), state=state)
    _refuse_misfit(weights, path)
    _refuse_not_finite(state, path)
    return weights, hash_


def read_header(path: Path) -> dict[str, Any]:
    """Return the metadata document of a weights file without reading its parameters, and without torch.

    Raises:
        WeightsError: the file is missing, foreign, damaged or of a newer format.
    """
    with _opened(path) as file:
        return read_document(file, path)


def is_weights(path: Path) -> bool:
    """Whether a file is a weights file of this program, of whatever version, and not a foreign one or none at all."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return METADATA_KEY in (file.metadata() or {})
    except (SafetensorError, OSError):
        return False


def read_info(path: Path) -> WeightsInfo:
    """Return the plain description of a weights file. Raises as :func:`read_header` does."""
    with _opened(path) as file:
        weights = Weights(**fields(read_document(file, path), path), state={})
        hash_ = _hash(file)
    return WeightsInfo(
        path=path,
        name=path.stem,
        hash=hash_,
        network=weights.network,
        charset=weights.charset,
        preprocessing=weights.preprocessing,
        metrics=weights.metrics,
        ancestry=weights.ancestry,
        licence=weights.licence,
        temperature=weights.temperature,
    )


def weights_hash(path: Path) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the file."""
    with path.open("rb") as file:
        return _hash(file)


def build_network(weights: Weights) -> Network:
    """Return the network with these parameters, on the CPU in eval mode."""
    import torch

    from model.networks import build

    with torch.device("meta"):  # no time for initial values, and no random numbers used up
        network = build(weights.network, len(weights.charset), **weights.options)
    network.load_state_dict({name: value.clone() for name, value in weights.state.items()}, assign=True)
    return network.eval()


def with_charset(weights: Weights, charset: Charset) -> Weights:
    """Return the weights with their head moved to another charset.

    The rows of the blank and of every character both charsets have are carried over unchanged. A new character starts
    as the mean of the old characters' rows with a little noise: its logit is then below the best old one everywhere,
    and what was read before is still read the same. The noise depends on the new charset only.
    """
    import torch

    from model.networks import NETWORKS

    head = NETWORKS[weights.network].head_prefix
    old = {char: row for row, char in enumerate(weights.charset.characters, start=1)}
    sources = [BLANK, *(old.get(char, -1) for char in charset.characters)]
    new = torch.tensor([source < 0 for source in sources])
    seed = int.from_bytes(hashlib.sha256(charset.characters.encode()).digest()[:6], "little")
    generator = torch.Generator().manual_seed(seed)

    state = dict(weights.state)
    for name in (f"{head}.weight", f"{head}.bias"):
        rows = weights.state[name]
        moved = rows[sources].clone()
        fresh = rows[1:].mean(dim=0).expand_as(moved[new])
        if rows.dim() > 1:
            noise = torch.randn(fresh.shape, generator=generator, dtype=rows.dtype)
            fresh = fresh + 0.1 * rows[1:].std() * noise
        moved[new] = fresh
        state[name] = moved
    return replace(weights, charset=charset, state=state)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise WeightsError(f"There is no weights file {path}.") from None
    except OSError as error:
        raise WeightsError(f"The weights file {path} cannot be read: {error.strerror or error}.") from error


def _hash(file: BufferedReader) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _refuse_not_finite(state: Mapping[str, Tensor], path: Path) -> None:
    import torch

    bad = [name for name, value in state.items() if not torch.isfinite(value).all()]
    if bad:
        raise WeightsError(f"The weights for {path} hold values that are not finite in {_listed(bad)}.")


def _refuse_misfit(weights: Weights, path: Path) -> None:
    """Compare names, shapes and types with those of the network, and have it take a strip, all without memory."""
    import torch

    from model.networks import build

    with torch.device("meta"):
        network = build(weights.network, len(weights.charset), **weights.options).eval()
    wanted = network.state_dict()
    both = sorted(wanted.keys() & weights.state.keys())
    pairs = [(name, weights.state[name], wanted[name]) for name in both]
    shapes = [f"{n} {tuple(a.shape)} instead of {tuple(b.shape)}" for n, a, b in pairs if a.shape != b.shape]
    types = [f"{n} {_type(a)} instead of {_type(b)}" for n, a, b in pairs if a.dtype != b.dtype]
    for what, names in (
        ("it lacks", sorted(wanted.keys() - weights.state.keys())),
        ("it has more than the network:", sorted(weights.state.keys() - wanted.keys())),
        ("of a wrong shape:", shapes),
        ("of a wrong type:", types),
    ):
        if names:
            raise WeightsError(f"{path} does not fit the network {weights.network!r}; {what} {_listed(names)}.")
    _refuse_other_strips(network, weights, path)


def _refuse_other_strips(network: Network, weights: Weights, path: Path) -> None:
    """Have a network on the device "meta" take the narrowest strip."""
    import torch

    spec = weights.preprocessing
    strip = torch.empty(1, spec.channels, spec.height, spec.widths[0], device="meta")
    wanted = (1, network.frames(spec.widths[0]), len(weights.charset))
    try:
        fits = tuple(network(strip).shape) == wanted
    except RuntimeError:
        fits = False
    if not fits:
        raise WeightsError(
            f"{path} does not fit the network {weights.network!r}; it takes no strips of {spec.widths[0]} x "
            f"{spec.height} pixels in {spec.channels} channels."
        )


def _type(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
