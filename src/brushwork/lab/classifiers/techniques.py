"""Whether a generator is a GAN or a diffusion model, by its name: detectors of one often miss the other."""

from __future__ import annotations

import re
from typing import Final

GAN: Final = "GAN"
DIFFUSION: Final = "diffusion"
UNTOLD: Final = "not told"
# The first pattern that matches counts. VQ-Diffusion (VQDM) is a diffusion model, VQGAN+CLIP a GAN that is steered.
TECHNIQUES: Final = (
    (
        DIFFUSION,
        re.compile(r"diffusion|vqdm|\bsd|sdxl|stable|wukon|\badm\b|glide|midjourney|dall.?e.?[23]|\bimagen\b|flux"),
    ),
    (GAN, re.compile(r"gans?\b|gan\d")),
    (
        DIFFUSION,
        re.compile(r"pixart|kandinsky|playground|ideogram|firefly|latent|guided|novelai|\bldm\b|ddpm|\bpndm\b"),
    ),
    ("autoregressive", re.compile(r"craiyon|dall.?e|parti\b|cogview|gpt|\bvar\b")),
)


def technique_of(generator: str) -> str:
    """The technique of a generator's name; UNTOLD where the name says nothing."""
    name = generator.lower().replace("_", " ").replace("-", " ")
    return next((technique for technique, pattern in TECHNIQUES if pattern.search(name)), UNTOLD)
