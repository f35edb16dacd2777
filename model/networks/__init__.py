"""The networks that can be trained and read with, by name.

``crnn-lite``, ``crnn``, ``vgg16-bilstm`` and ``vgg-bigru`` are this program's own. ``clovaai-vgg``, ``clovaai-resnet``,
``gitycc-crnn``, ``doctr-vgg16`` and ``doctr-mobilenet`` are those of other programs, whose checkpoints convert.
"""

from __future__ import annotations

from model.networks import clovaai_resnet, clovaai_vgg, crnn, crnn_lite, doctr, gitycc_crnn, vgg16_bilstm, vgg_bigru
from model.networks.base import NETWORKS, Network, fold_batch_norm, register
from model.networks.building import build

__all__ = [
    "NETWORKS",
    "Network",
    "build",
    "clovaai_resnet",
    "clovaai_vgg",
    "crnn",
    "crnn_lite",
    "doctr",
    "fold_batch_norm",
    "gitycc_crnn",
    "register",
    "vgg16_bilstm",
    "vgg_bigru",
]
