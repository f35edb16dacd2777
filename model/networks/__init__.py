"""The networks that can be trained and read with, by name: ``crnn-lite``, ``crnn``, ``vgg16-bilstm``, ``vgg-bigru``."""

from __future__ import annotations

from model.networks import crnn, crnn_lite, vgg16_bilstm, vgg_bigru
from model.networks.base import NETWORKS, Network, build, fold_batch_norm, register

__all__ = [
    "NETWORKS",
    "Network",
    "build",
    "crnn",
    "crnn_lite",
    "fold_batch_norm",
    "register",
    "vgg16_bilstm",
    "vgg_bigru",
]
