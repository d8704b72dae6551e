"""Networks of `transformers` from a folder: read without running anything, checked, described, and built again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from polymodal.errors import ArtifactError
from polymodal.pretrained._embedder import undisturbed_random

UNREADABLE = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError)


def read_network(
    name: str, folder: Path, unused: Collection[str], needs: str, **settings: Any
) -> tuple[nn.Module, dict[str, Any]]:
    """The network of a folder and its settings as JSON.

    Weights whose names begin with one of `unused` may be lacking. Raises ArtifactError, which says what the folder
    `needs`, when it cannot be read or the weights do not fit.
    """
    from transformers import AutoConfig

    try:
        with quiet(), undisturbed_random():
            config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
            described = settings_of(config)  # now: an encoder cut out of an encoder-decoder changes its own
            network, report = auto_class(config).from_pretrained(
                folder,
                config=config,
                trust_remote_code=False,
                weights_only=True,
                output_loading_info=True,
                dtype=torch.float32,
                **settings,
            )
    except UNREADABLE as error:
        raise ArtifactError(
            f"pretrained={name!r}: transformers cannot read {folder}: {error}. It must hold {needs}; models that bring "
            "their own code are not run."
        ) from error
    lost = set(report["missing_keys"])
    for weight_name, weight in network.state_dict().items():
        if weight_name in lost and weight_name.startswith(tuple(unused)):
            weight.zero_()  # not used here; left as drawn, it would give the same file a new fingerprint every time
    lost = {weight_name for weight_name in lost if not weight_name.startswith(tuple(unused))}
    if lost or report["mismatched_keys"]:
        raise ArtifactError(
            f"pretrained={name!r}: the weights in {folder} do not fit its config.json; missing: {sorted(lost)[:5]}, of "
            f"another shape: {[str(key) for key in report['mismatched_keys']][:5]}"
        )
    return network, described


def build_network(settings: dict[str, Any]) -> nn.Module:
    """A network of those settings, its weights yet to be loaded."""
    from transformers import AutoConfig

    config = AutoConfig.for_model(**settings)
    with quiet(), undisturbed_random():
        network: nn.Module = auto_class(config).from_config(config, dtype=torch.float32)
        return network


def auto_class(config: Any) -> Any:
    """Of a network that reads text and writes text only the reading half."""
    from transformers import AutoModel, AutoModelForTextEncoding

    reads_text = config.is_encoder_decoder and type(config) in AutoModelForTextEncoding._model_mapping
    return AutoModelForTextEncoding if reads_text else AutoModel


def settings_of(config: Any) -> dict[str, Any]:
    """A config as JSON, but for what changes no vector: where it was read from, and by which release."""
    passing = {"_name_or_path", "transformers_version", "torch_dtype", "dtype", "architectures"}
    settings = json.loads(config.to_json_string(use_diff=False))
    return {key: value for key, value in settings.items() if key not in passing}


@contextmanager
def quiet() -> Iterator[None]:
    """No bars and no advice from `transformers`."""
    from transformers.utils import logging

    verbosity, had_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bar:
            logging.enable_progress_bar()
