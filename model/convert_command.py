"""``crnn convert``: foreign checkpoints to weights of this program, and weights to ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model import console
from model.atomic import require_writable
from model.errors import CharsetError, WeightsError


def convert(
    checkpoint: Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="A foreign checkpoint, or weights.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Weights in .safetensors; a name in .onnx exports.")],
    charset: Annotated[
        str | None, typer.Option("--charset", help="The checkpoint's characters in order: a preset or a file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Convert a foreign CRNN checkpoint to weights, or either of them to ONNX."""
    from model.charset import Charset
    from model.checkpoint import is_weights, load_weights, save_weights
    from model.converting import convert as run

    exports = out.suffix.lower() == ".onnx"
    if out.exists() and checkpoint.exists() and out.samefile(checkpoint):
        raise WeightsError(f"{checkpoint} would be overwritten; name another OUT.")
    if not exports and out.suffix.lower() != ".safetensors":
        raise WeightsError(f"{out} needs a name that ends in .safetensors for weights, or in .onnx for an export.")
    require_writable(out, make_folders=True)
    if is_weights(checkpoint):
        if charset:
            raise CharsetError(f"{checkpoint} has its own charset; leave --charset out.")
        if not exports:
            raise WeightsError(f"{checkpoint} needs no conversion; use it as it is, or name an OUT that ends in .onnx.")
        weights, layout = load_weights(checkpoint), "crnn-gui"
    else:
        weights, layout = run(checkpoint, Charset.named(charset) if charset else None)
        console.remark(
            f"{checkpoint} comes from another program: only its parameters were read, no code in it was run."
        )
    if exports:
        from model.onnx_export import export_onnx

        export_onnx(weights, out)
    else:
        save_weights(weights, out)
    spec = weights.preprocessing
    summary = {
        "layout": layout,
        "network": weights.network,
        "options": dict(weights.options),
        "characters": len(weights.charset.characters),
        "parameters": sum(value.numel() for value in weights.state.values()),
        "input": f"{'grey' if spec.channels == 1 else 'RGB'}, {spec.height} high, {_widths(spec.widths, spec.fit)}",
        "out": str(out),
    }
    if as_json:
        console.emit(summary)
    else:
        console.show(summary)
    return 0


def _widths(widths: tuple[int, ...], fit: str) -> str:
    how = {"stretch": "stretched", "pad": "padded"}[fit]
    return f"{how} to {widths[0]}" + (f"..{widths[-1]}" if len(widths) > 1 else "") + " wide"
