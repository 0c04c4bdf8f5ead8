"""Features of a few pictures of every source of a table, for quick questions about heads and about what to collect.

Run: PYTHONHASHSEED=0 python -m benchmarks.source_features TABLE --clones DIR --listed LIST --reserved FILE --out FOLDER
     [--role train|dev] [--apart dev.parquet] [--weather clean|web|hard] [--cap 60] [--part 0/1]
Reads pictures straight out of git clones, one of every source in turn, so a run that is cut off has seen all of them
evenly; started again it goes on. With `--weather` every picture is looked at as at run time, without it as in training.
The features are those of the shipped bundle's backbone, followed by LOOSE numbers on the residual of each view.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from brushwork.errors import BrushworkError
from brushwork.forensics.bundle import load_bundle
from brushwork.forensics.patches import prepare, shrunk, through_jpeg
from brushwork.forensics.recipe import PatchPlan
from brushwork.lab.clones import Blob, BlobReader, blobs, clone_of, first_committed, head_of, pictures_of
from brushwork.lab.collect import FORMATS, LEAST_SIDE, LIMITS, MANY_RESERVED, spread
from brushwork.lab.crops import LOSSLESS, Forbidden, RegionPlan, art_only, crop, dhash, grounded, regions_of
from brushwork.lab.datasets import HUMAN, Row, read_manifest, read_reserved
from brushwork.lab.families import declares_ai
from brushwork.lab.features import weathered_whole
from brushwork.lab.loading import prepared
from brushwork.lab.sources import Source, read_listed, read_sources
from brushwork.lab.weather import degrade, stream
from brushwork.picture import open_picture

SIZE, MIDDLE, BANDS = 224, 448, 24
LEVELS, LOOSE = 2848, BANDS + 15
QUALITY = 90


def trunk_of(bundle: str):
    """Maps uint8 patches (n, SIZE, SIZE, 3) to what the head of a levels network takes in, float32 (n, LEVELS)."""
    import onnx
    import onnxruntime

    model = onnx.load(str(load_bundle(bundle).model_path))
    wanted, nodes = {"cat"}, []
    for node in reversed(model.graph.node):
        if wanted & set(node.output):
            nodes.insert(0, node)
            wanted |= set(node.input)
    kept = [t for t in model.graph.initializer if t.name in wanted]
    for field, items in (("node", nodes), ("initializer", kept)):
        del getattr(model.graph, field)[:]
        getattr(model.graph, field).extend(items)
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info("cat", onnx.TensorProto.FLOAT, ["n", LEVELS]))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda patches: session.run(["cat"], {"patches": patches})[0]


def listing(args: argparse.Namespace) -> list[dict[str, object]]:
    """What is looked at, one picture of every line of the table in turn."""
    reserved, listed = read_reserved(args.reserved), read_listed(args.listed, args.role)
    items = []
    for line, source in enumerate(read_sources(args.table)):
        clone = clone_of(args.clones, source.repository)
        if clone is None:
            print(f"no clone: {source.repository}")
            continue
        found = _candidates(source, clone, listed, reserved)
        for rank, (blob, words) in enumerate(found[: int(min(source.cap, args.cap) * 1.3) + 1]):
            about = {"repo": source.repository, "label": source.label, "kind": source.kind, "generator": words}
            items.append({"rank": rank, "line": line, "sha": blob.sha, "path": blob.path, **about})
    return sorted(items, key=lambda item: (item["rank"], item["line"]))


def _candidates(source: Source, clone: Path, listed, reserved: frozenset[str]) -> list[tuple[Blob, str]]:
    commit = head_of(clone, source.commit)
    tree = pictures_of(clone, commit)
    if sum(blob.sha in reserved for blob in tree) >= MANY_RESERVED:
        print(f"reserved: {source.repository}")
        return []
    if source.listed:
        found = [(Blob(p.sha, p.path), p.generator) for p in listed.get(source.repository, ())]
    else:
        found = [(blob, source.generator) for blob in tree if source.wants(blob.path)]
    if source.before:
        dates = first_committed(clone, commit)
        found = [item for item in found if dates.get(item[0].sha, "9") < source.before]
    unique = {blob.sha: (blob, words) for blob, words in found if blob.sha not in reserved}
    return spread(list(unique.values()), 0, source.repository)


def middle(rgb: np.ndarray) -> np.ndarray:
    """The picture with a shorter side of MIDDLE, whatever its size was."""
    scale = MIDDLE / min(rgb.shape[:2])
    size = [max(MIDDLE, round(side * scale)) for side in (rgb.shape[1], rgb.shape[0])]
    return np.asarray(Image.fromarray(rgb).resize((size[0], size[1]), Image.Resampling.BICUBIC))


def residual(patch: np.ndarray) -> np.ndarray:
    """LOOSE numbers of one view: its radial spectrum, and how large its differences of neighbours are."""
    grey = patch.astype(np.float32).mean(2)
    grey -= grey.mean()
    window = np.hanning(SIZE).astype(np.float32)
    power = np.abs(np.fft.rfft2(grey * np.outer(window, window))) ** 2
    radius = np.hypot(np.abs(np.fft.fftfreq(SIZE))[:, None], np.fft.rfftfreq(SIZE)[None]) * 2 * BANDS
    band = np.minimum(radius.astype(int), BANDS - 1).ravel()
    out = [np.log(np.bincount(band, power.ravel(), BANDS) / np.bincount(band, minlength=BANDS) + 1e-3)]
    cross = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    for difference in (np.diff(grey, axis=1), np.diff(grey, axis=0), cross):
        size = np.abs(difference)
        shares = [(size < limit).mean() for limit in (0.5, 2)]
        out.append(np.array([np.log(size.mean() + 0.01), np.log(size.std() + 0.01), *shares]))
    colour = patch.astype(np.float32) - patch.astype(np.float32).mean(2, keepdims=True)
    out.append(np.log(np.diff(colour, axis=1).std((0, 1)) + 0.01))
    return np.concatenate(out).astype(np.float32)


def in_training(rgb: np.ndarray, lossless: bool, key: str) -> np.ndarray | None:
    """Five views: the whole, the whole after weather, a crop at MIDDLE after weather, two native patches after it."""
    rng = stream("exp", key)
    views = [weathered_whole(shrunk(rgb, 256), SIZE, rng)]
    rng.random()
    weathered = degrade(middle(rgb), "train", rng)
    views.append(weathered_whole(shrunk(weathered, 256), SIZE, rng))
    views.append(crop(weathered if min(weathered.shape[:2]) == MIDDLE else middle(weathered), SIZE, rng))
    regions = list(regions_of(rgb, lossless, RegionPlan(side=320, per_picture=2, whole=256, seed=1), rng))
    if not regions:
        return None
    views += [prepared(region, SIZE, 1, hash((key, n)) % (1 << 30)) for n, region in enumerate((regions * 2)[:2])]
    return np.stack([through_jpeg(_full(view), QUALITY) for view in views])


def at_run_time(rgb: np.ndarray, weather, key: str) -> np.ndarray:
    """Eight views: the whole, three crops at MIDDLE (centre, first, last), four native patches."""
    rgb = degrade(rgb, weather, stream("exp", weather, key))
    patches = list(prepare(rgb, PatchPlan(size=SIZE, grid=2, whole=True, jpeg_quality=QUALITY))[0])
    while len(patches) < 5:
        patches.insert(0, patches[0])
    shown = middle(rgb)
    y, x = (shown.shape[0] - SIZE) // 2, (shown.shape[1] - SIZE) // 2
    crops = (shown[y : y + SIZE, x : x + SIZE], shown[:SIZE, :SIZE], shown[-SIZE:, -SIZE:])
    return np.stack([patches[-1], *(through_jpeg(view, QUALITY) for view in crops), *patches[:4]])


def _full(view: np.ndarray) -> np.ndarray:
    missing = [(0, max(0, SIZE - side)) for side in view.shape[:2]]
    return np.pad(view, (*missing, (0, 0)), mode="symmetric")[:SIZE, :SIZE]


def looked(item: dict, data: bytes, args: argparse.Namespace, source: Source, apart: Forbidden) -> np.ndarray:
    """The views of one picture, uint8 (n, SIZE, SIZE, 3). Raises ValueError with the reason why it is left out."""
    picture = open_picture(data, LIMITS, name=item["path"])
    if picture.facts.format not in FORMATS or min(picture.rgb.shape[:2]) < LEAST_SIDE or picture.rgb.std() < 2:
        raise ValueError("small, empty or of another format")
    item.update(fmt=picture.facts.format, w=picture.width, h=picture.height, dhash=dhash(picture.rgb))
    if args.weather:
        return at_run_time(picture.rgb, args.weather, item["sha"])
    if declares_ai(data) if source.label == HUMAN else source.declared and not declares_ai(data):
        raise ValueError("declares something else than its source")
    if apart.near(picture.rgb):
        raise ValueError("nearly one of the set kept apart")
    repository = source.repository
    row = Row(item["sha"], source.label, repository, repository, source.kind, "", "", "", item["path"])
    art = art_only(grounded(picture, stream("g", item["sha"])), row, stream("a", item["sha"]))
    views = in_training(art, picture.facts.format in LOSSLESS, item["sha"])
    if views is None:
        raise ValueError("smaller than a patch, or flat")
    return views


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    for name in ("clones", "listed", "reserved", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--apart", type=Path)
    parser.add_argument("--role", default="train")
    parser.add_argument("--weather", choices=("clean", "web", "hard"))
    parser.add_argument("--cap", type=int, default=60)
    parser.add_argument("--part", default="0/1", help="which share of the pictures, for several processes")
    parser.add_argument("--bundle", default="art-1")
    args = parser.parse_args()
    part, parts = (int(n) for n in args.part.split("/"))
    items = listing(args)[part::parts]
    args.out.mkdir(parents=True, exist_ok=True)
    stem = args.out / f"{args.weather or 'train'}-{parts}-{part}"
    apart = Forbidden.of(read_manifest(args.apart) if args.apart else (), 4)
    sources, trunk = read_sources(args.table), trunk_of(args.bundle)
    log = stem.with_suffix(".jsonl")
    done = len(log.read_text(encoding="utf-8").splitlines()) if log.is_file() else 0
    with stem.with_suffix(".f16").open("ab") as features, log.open("a", encoding="utf-8") as lines:
        for item in items[done:]:
            source = sources[item["line"]]
            try:
                with blobs(clone_of(args.clones, source.repository)) as reader:
                    views = looked(item, _read(reader, item["sha"]), args, source, apart)
            except (BrushworkError, ValueError) as error:
                item["why"] = str(error)
            else:
                found = np.concatenate([trunk(views), np.stack([residual(view) for view in views])], 1)
                features.write(found.astype(np.float16).tobytes())
                features.flush()
            lines.write(json.dumps({**item, "ok": "why" not in item}) + "\n")
            lines.flush()


def _read(reader: BlobReader, sha: str) -> bytes:
    data = reader.read(sha)
    if data is None:
        raise ValueError("not in the clone")
    return data


if __name__ == "__main__":
    main()
