"""Files that torch.save or safetensors has written, read as data: code that a pickle names is refused, never run."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from pickle import UnpicklingError

import torch

from model.errors import WeightsError


def read_torch_file(path: Path) -> object:
    """Return what a file holds, its tensors on the CPU.

    Raises:
        WeightsError: there is no such file, or it is damaged, of another kind, or holds more than data.
    """
    if path.suffix.lower() == ".onnx":
        raise WeightsError(
            f"{path} is an ONNX file, which cannot be converted back; name the checkpoint it was made of."
        )
    try:
        content = path.read_bytes()
        if path.suffix == ".safetensors":
            from safetensors.torch import load

            return load(content)
        if _is_torchscript(content):
            raise WeightsError(f"{path} is a TorchScript program; save the network's state_dict() with torch.save.")
        with warnings.catch_warnings(action="ignore"):  # what torch has to say of odd pickles is told below
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except WeightsError:
        raise
    except FileNotFoundError:
        raise WeightsError(f"There is no checkpoint {path}.") from None
    except OSError as error:
        raise WeightsError(f"The checkpoint {path} cannot be read: {error.strerror or error}.") from error
    except UnpicklingError as error:
        raise WeightsError(
            f"{path} is damaged, or holds more than the parameters of a network; save the network's state_dict() with "
            "torch.save, for what else is in a file is code that is never run here."
        ) from error
    except Exception as error:  # a damaged file makes torch raise nearly any type, and what it says helps nobody
        raise WeightsError(
            f"{path} is no checkpoint, or a damaged one; save the network's state_dict() with torch.save."
        ) from error


def _is_torchscript(content: bytes) -> bool:
    """Whether a file is an archive of `torch.jit.save`, which torch loads with code or not at all."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
