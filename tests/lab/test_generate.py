"""Pictures made of prompts by a server on loopback, with resume; frames of moving pictures; nobody asked unnamed."""

from __future__ import annotations

import base64
import csv
import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from brushwork.cli.app import build
from brushwork.errors import LabError
from brushwork.lab.adapters.prompts import read_prompts
from brushwork.lab.adapters.providers import TRIES, Order, Road, openai_compatible, provider
from brushwork.lab.datasets import read_manifest
from tests.made import sets
from tests.made.drawings import encoded
from tests.made.elsewhere import elsewhere, gives

PATH = "/v1/images/generations"


def answers(seed=1, **said):
    picture = encoded(sets.picture(1, seed))
    body = said or {"data": [{"b64_json": base64.b64encode(picture).decode()}]}
    return gives(json.dumps(body).encode(), "application/json")


def in_turn(place, other=None, when=lambda asked: False):
    """Another picture each time, or the reply `other` when it has been asked so often."""

    def reply(handler):
        asked = len(place.seen)
        (other if when(asked) else answers(asked))(handler)

    return reply


@pytest.fixture
def server():
    """A server with the interface of an image provider; each answer is another picture."""
    with elsewhere() as place:
        place.replies[PATH] = in_turn(place)
        yield place


@pytest.fixture
def prompts(tmp_path):
    path = tmp_path / "prompts.txt"
    path.write_text("# harbours\na {watercolour|drawing} of a harbour\n\na market at {dawn|night}, oil on canvas\n")
    return path


def run(*words, key="secret"):
    return CliRunner().invoke(build(), ["data", "generate", *map(str, words)], env={"OPENAI_API_KEY": key})


def asked(server, prompts, out, *more, key="secret"):
    base = ("--base-url", server.url("/v1"), "--provider", "openai", "--model", "tiny-1")
    return run("--prompts", prompts, "--out", out, *base, *more, key=key)


def test_prompts_vary_by_seed_and_repeat(prompts):
    one, again, other = (read_prompts(prompts, 40, seed) for seed in (1, 1, 2))
    assert one == again != other
    assert set(one) == {
        "a watercolour of a harbour", "a drawing of a harbour", "a market at dawn, oil on canvas",
        "a market at night, oil on canvas",
    }  # fmt: skip
    assert len(read_prompts(prompts, None, 0)) == 2


@pytest.mark.needs_lab
def test_prompt_model_seed_and_date_stand_in_the_manifest(server, prompts, tmp_path):
    done = asked(server, prompts, tmp_path / "out", "--count", "3", "--seed", "7", "--kind", "painting")
    assert done.exit_code == 0, done.exception
    assert "3 pictures by tiny-1" in done.stdout
    with (tmp_path / "out" / "manifest.csv").open(newline="") as lines:
        listed = list(csv.DictReader(lines))
    assert {line["seed"] for line in listed} == {"7"}
    assert {line["model"] for line in listed} == {"tiny-1"}
    assert listed[0]["prompt"].endswith("of a harbour")
    assert listed[0]["date"][:2] == "20"
    rows = read_manifest(tmp_path / "out")
    assert {(r.label, r.generator, r.kind) for r in rows} == {(1, "tiny-1", "painting")}
    bodies = [json.loads(body) for body in server.bodies]
    assert [b["prompt"] for b in bodies] == read_prompts(prompts, 3, 7)
    assert server.seen[0][1]["Authorization"] == "Bearer secret"


@pytest.mark.needs_lab
def test_only_what_the_interface_knows_is_sent_and_another_seed_gives_other_prompts(server, prompts, tmp_path):
    """OpenAI answers 400 to a parameter that it does not know, and a seed is one."""
    for seed in ("1", "2"):
        done = asked(server, prompts, tmp_path / seed, "--count", "8", "--seed", seed)
        assert done.exit_code == 0, done.exception
    bodies = [json.loads(body) for body in server.bodies]
    assert {key for body in bodies for key in body} == {"model", "prompt", "n", "size"}
    assert [b["prompt"] for b in bodies[:8]] != [b["prompt"] for b in bodies[8:]]


@pytest.mark.needs_lab
def test_a_second_run_asks_only_for_what_is_missing(server, prompts, tmp_path):
    asked(server, prompts, tmp_path / "out", "--count", "2")
    asked(server, prompts, tmp_path / "out", "--count", "5")
    assert len(server.seen) == 5
    assert len(read_manifest(tmp_path / "out")) == 5


@pytest.mark.needs_lab
def test_what_was_made_before_a_refusal_stays(server, prompts, tmp_path):
    refused = gives(json.dumps({"error": {"message": "your credit is used up"}}).encode(), "application/json", 402)
    server.replies[PATH] = in_turn(server, refused, lambda asked: asked >= 3)
    failed = asked(server, prompts, tmp_path / "out", "--count", "4")
    assert isinstance(failed.exception, LabError)
    assert "says 402: your credit is used up" in failed.exception.detail
    server.replies[PATH] = in_turn(server)
    asked(server, prompts, tmp_path / "out", "--count", "4")
    assert len(server.seen) == 5


def test_a_busy_server_is_waited_for_as_it_asks(server):
    busy = gives(b"{}", "application/json", 429, Retry_After="3")
    server.replies[PATH] = in_turn(server, busy, lambda asked: asked < 3)
    waited = []
    road = Road(server.url("/v1"), "k", lambda url: b"", waited.append)
    assert openai_compatible(Order("a", "m", "64x64"), road).startswith(b"\x89PNG")
    assert waited == [3.0, 3.0]
    server.replies[PATH] = busy
    with pytest.raises(LabError, match="says 429"):
        openai_compatible(Order("a", "m", "64x64"), road)
    assert len(waited) == 2 + TRIES - 1


def test_an_address_in_the_answer_is_fetched(server):
    server.replies[PATH] = answers(data=[{"url": "https://example.org/a.png"}])
    road = Road(server.url("/v1"), "k", lambda url: url.encode())
    assert openai_compatible(Order("a", "m", "64x64"), road) == b"https://example.org/a.png"


@pytest.mark.parametrize("said", [{"data": []}, {"what": 1}, {"data": [{"b64_json": "%%%"}]}])
def test_an_answer_without_a_picture_is_told(server, said):
    server.replies[PATH] = answers(**said)
    with pytest.raises(LabError, match="without a picture"):
        openai_compatible(Order("a", "m", "64x64"), Road(server.url("/v1"), "k", lambda url: b""))


@pytest.mark.needs_lab
def test_nobody_is_asked_unless_named(server, prompts, tmp_path):
    done = run("--prompts", prompts, "--out", tmp_path / "out", "--base-url", server.url("/v1"))
    assert done.exit_code == 2
    assert "--provider" in done.output
    assert server.seen == []


@pytest.mark.needs_lab
def test_without_a_key_or_with_another_name_it_says_what_to_do(server, prompts, tmp_path):
    failed = asked(server, prompts, tmp_path / "out", key="")
    assert "OPENAI_API_KEY holds no key" in str(failed.exception)
    with pytest.raises(LabError, match="The nearest is openai"):
        provider("opneai")
    assert server.seen == []


@pytest.mark.needs_lab
@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_frames_of_moving_pictures_are_pictures_of_one_group(tmp_path, ending):
    frames = [sets.picture(0, n) for n in range(6)]
    moving = tmp_path / f"clip.{ending}"
    frames[0].save(moving, save_all=True, append_images=frames[1:], duration=40)
    done = run("--frames", moving, "--every", "2", "--label", "human", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.exception
    rows = read_manifest(tmp_path / "out")
    assert len({r.id for r in rows}) == 3
    assert {(r.label, r.group, r.kind) for r in rows} == {(0, moving.name, "video frame")}
    with Image.open(rows[0].place) as image:
        assert image.size == frames[0].size


@pytest.mark.needs_lab
def test_a_still_picture_and_a_video_are_told_apart(tmp_path):
    still = sets.put(tmp_path / "still.png", 0, 1)
    failed = run("--frames", still, "--label", "human", "--out", tmp_path / "out")
    assert "does not move" in str(failed.exception)
    (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(200))
    failed = run("--frames", tmp_path / "clip.mp4", "--label", "human", "--out", tmp_path / "out")
    assert "ffmpeg -i clip.mp4" in str(failed.exception)
