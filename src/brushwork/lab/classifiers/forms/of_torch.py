"""The forms that torch reads: safetensors, ExportedProgram, TorchScript."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ....errors import LabError
from ...weather import stream
from .subject import MOST, Form, Look, Subject


def write_safetensors(subject: Subject, path: Path) -> None:
    """The weights alone, under their names in the network, with the facts as metadata."""
    from safetensors.torch import save_file

    state = {name: value.detach().clone().contiguous() for name, value in subject.module.state_dict().items()}
    save_file(state, str(path), metadata=subject.about)


def open_safetensors(subject: Subject, path: Path) -> Look:
    """A copy of the network whose weights were wiped and then read from the file."""
    from safetensors.torch import load_file

    again = copy.deepcopy(subject.module)
    with torch.no_grad():
        for value in again.state_dict().values():
            value.zero_()
    again.load_state_dict(load_file(str(path)), strict=True)
    return subject.look_with(again.eval())


def exported_program(subject: Subject) -> Any:
    """The network as torch.export gives it, for any number of pictures."""
    batch = {0: torch.export.Dim("n", min=1, max=MOST)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch about its own parts
        return torch.export.export(subject.module.eval(), (_two(subject),), dynamic_shapes=(batch,))


def write_program(subject: Subject, path: Path) -> None:
    """An ExportedProgram: logits (n, k) of uint8 (n, side, side, 3)."""
    torch.export.save(exported_program(subject), str(path))


def open_program(subject: Subject, path: Path) -> Look:
    """The program read back."""
    return subject.look_with(torch.export.load(str(path)).module())


def write_script(subject: Subject, path: Path) -> None:
    """TorchScript by tracing. Raises LabError where this torch does not trace the network."""
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # TorchScript is on its way out, and every call says so
            traced = torch.jit.trace(subject.module.eval(), _two(subject), check_trace=False)  # type: ignore[no-untyped-call]
            traced.save(str(path))
    except RuntimeError as error:
        raise LabError(
            f"TorchScript cannot trace {subject.model}: {str(error).splitlines()[0]}",
            "Take the form torch-export, which replaces TorchScript.",
        ) from error


def open_script(subject: Subject, path: Path) -> Look:
    """The script read back."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return subject.look_with(torch.jit.load(str(path)))  # type: ignore[no-untyped-call]


def _two(subject: Subject) -> Tensor:
    """The example that is traced: two pictures, because a batch of one would fix the size."""
    pixels = stream("traced", subject.side).integers(0, 256, (2, subject.side, subject.side, 3), dtype="uint8")
    return torch.from_numpy(pixels)


TORCH_FORMS = (
    Form("safetensors", ".safetensors", "weights alone; no code in it", True, write_safetensors, open_safetensors),
    Form("torch-export", ".pt2", "ExportedProgram, for torch without our code", True, write_program, open_program),
    Form("torchscript", ".torchscript.pt", "TorchScript, for libtorch", True, write_script, open_script),
)
