"""Models from a hub: a small one on this machine that speaks the real one's API."""

import hashlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from erya.config import trust
from erya.errors import ModelError
from erya.models import LocalEmbedding, fingerprint_of, open_local
from erya.models.importing import download, import_model
from erya.models.offline import local_model_folder
from tests.models.tiny_models import make_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path):
    """Serve a tiny model as `someone/tiny`; return the address."""
    make_model(tmp_path / "served", pooling="cls")
    (tmp_path / "served" / "pytorch_model.bin").write_bytes(b"never asked for")
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.reply(body=False)

        def do_GET(self):
            self.reply(body=True)

        def reply(self, *, body):
            path = self.path.partition("?")[0]
            asked.append(path)
            files = sorted(p for p in (tmp_path / "served").rglob("*") if p.is_file())
            names = {str(p.relative_to(tmp_path / "served")): p for p in files}
            if path.startswith("/api/models/someone/tiny"):
                if "/tree/" in path:
                    listing = [
                        {
                            "type": "file",
                            "path": n,
                            "size": p.stat().st_size,
                            "oid": "0" * 40,
                        }
                        for n, p in names.items()
                    ]
                    return self.send(json.dumps(listing).encode(), body=body)
                info = {
                    "id": "someone/tiny",
                    "modelId": "someone/tiny",
                    "sha": COMMIT,
                    "private": False,
                    "tags": [],
                    "siblings": [{"rfilename": n} for n in names],
                }
                return self.send(json.dumps(info).encode(), body=body)
            prefix = f"/someone/tiny/resolve/{COMMIT}/"
            if path.startswith(prefix) and path.removeprefix(prefix) in names:
                return self.send(
                    names[path.removeprefix(prefix)].read_bytes(), body=body
                )
            return self.send(b"{}", body=body, status=404)

        def send(self, data, *, body, status=200):
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()
            if body:
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_a_model_of_a_hub_is_fetched_converted_and_used(erya, hub, home):
    address, asked = hub
    config = home.parent / "erya.toml"
    config.write_text(f'model_hub = "{address}"\n')

    done = erya(
        "models",
        "add",
        "embedding",
        "someone/tiny",
        "--query-prefix",
        "query: ",
        "--config",
        config,
    )

    assert done.code == 0, done.err
    assert "Added 'tiny'" in done.out
    card = open_local(home, "tiny", threads=1).card
    assert (card.pooling, card.precision, card.max_tokens) == ("cls", "int8", 16)
    assert (card.query_prefix, card.licence) == ("query: ", "mit")
    assert card.source == f"{address}/someone/tiny"
    assert not any("pytorch_model.bin" in path for path in asked)
    assert "gives 32 numbers" in erya("models", "test", "tiny").out
    assert "tiny" in erya("models", "list").out
    listed = erya("models", "list", "--json").json["local_embedding"]
    assert [each["name"] for each in listed] == [
        "erya-embedder",
        "all-MiniLM-L6-v2",
        "tiny",
    ]
    assert erya("models", "remove", "tiny").code == 0
    assert not (home / "models" / "tiny").exists()


def test_no_other_hub_is_looked_up(hub, home, tmp_path, monkeypatch):
    # As in a process that has fetched nothing yet, on a machine that has not either.
    path = "huggingface_hub.constants.AGENT_HARNESSES_PATH"
    monkeypatch.setattr(path, str(tmp_path / "none.json"), raising=False)
    registry = "huggingface_hub.utils._detect_agent._registry"
    monkeypatch.setattr(registry, None, raising=False)
    looked_up = []
    real = socket.getaddrinfo

    def resolve(host, *rest):
        looked_up.append(host)
        return real(host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with download("someone/tiny", hub=hub[0], home=home):
        pass

    assert {*looked_up} == {"127.0.0.1"}


def test_a_hub_without_the_model_is_told_in_words(hub, home):
    with (
        pytest.raises(
            ModelError, match=r"'someone/other' could not be fetched from http://127"
        ),
        download("someone/other", hub=hub[0], home=home),
    ):
        pass
    with (
        pytest.raises(ModelError, match="could not be fetched"),
        download("someone/tiny", hub="http://127.0.0.1:9", home=home),
    ):
        pass
    assert list(home.iterdir()) == []


def test_a_base_keeps_the_model_it_began_with(erya, home, folder, tmp_path):
    make_model(tmp_path / "tiny")
    # A text of which the model knows less than half gets no vector.
    (folder / "known.txt").write_text("leave is 15 days a year. how many leave days?")
    assert (
        erya(
            "models", "add", "embedding", tmp_path / "tiny", "--precision", "fp16"
        ).code
        == 0
    )
    assert erya("ingest", folder, "--kb", "docs").code == 0

    settings = home.parent / "work" / "erya.toml"
    settings.write_text('embedding_model = "tiny"\n')
    trust(settings)
    refused = erya("ingest", folder, "--kb", "docs")
    assert refused.code == 1
    assert "vectors of the embedding model 'erya-embedder' (384" in refused.err
    assert "'tiny'" in erya("ask", "leave?", "--kb", "docs").err
    assert erya("ingest", folder, "--kb", "other").code == 0
    hits = erya("search", "leave days", "--kb", "other", "--json").json["hits"]
    hit = next(hit for hit in hits if hit["source"].endswith("known.txt"))
    assert set(hit["scores"]) == {"keyword", "vector"}


def test_a_model_with_a_layer_that_is_not_run_is_refused(erya, tmp_path):
    make_model(tmp_path / "dense")
    kinds = ("Transformer", "Pooling", "Dense", "Normalize")
    modules = [{"type": f"sentence_transformers.models.{kind}"} for kind in kinds]
    (tmp_path / "dense" / "modules.json").write_text(json.dumps(modules))

    refused = erya("models", "add", "embedding", tmp_path / "dense")

    assert refused.code == 2
    assert "has a layer Dense" in refused.err
    (tmp_path / "dense" / "modules.json").write_text(json.dumps(modules[:2]))
    assert erya("models", "add", "embedding", tmp_path / "dense").code == 0


@pytest.mark.parametrize("name", ["erya-embedder", "all-MiniLM-L6-v2"])
def test_the_name_of_a_model_that_comes_along_is_taken(erya, tmp_path, name):
    make_model(tmp_path / name)

    refused = erya("models", "add", "embedding", tmp_path / name)

    assert refused.code == 2
    assert "comes with Erya" in refused.err


@pytest.mark.parametrize("step", [1, 2])
def test_a_kill_while_models_are_exchanged_leaves_the_old(tmp_path, monkeypatch, step):
    """Killed before the old one is moved away, and before the new one comes."""
    for seed in (1, 2):
        make_model(tmp_path / f"from{seed}", seed=seed)
    home = tmp_path / "home"
    target = local_model_folder(home, "tiny")
    first = import_model(tmp_path / "from1", target, name="tiny")
    original, moved = Path.rename, []

    def rename(path, to):
        moved.append(to)
        if len(moved) == step:
            raise KeyboardInterrupt
        return original(path, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        with pytest.raises(KeyboardInterrupt):
            import_model(tmp_path / "from2", target, name="tiny")

    assert fingerprint_of(open_local(home, "tiny", threads=1)).agrees(first)
    second = import_model(tmp_path / "from2", target, name="tiny")
    assert not second.agrees(first)
    assert [path.name for path in target.parent.iterdir()] == ["tiny"]


def test_a_model_whose_graph_is_damaged_is_a_typed_error(erya, home, tmp_path):
    make_model(tmp_path / "tiny")
    assert erya("models", "add", "embedding", tmp_path / "tiny").code == 0
    graph = next(home.rglob("tiny/model.onnx"))
    graph.write_bytes(graph.read_bytes()[:1_000])

    with pytest.raises(ModelError, match="'tiny' in .* does not run"):
        open_local(home, "tiny", threads=1).embed_query("leave")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-such-folder",), "OWNER/NAME"),
        (("./no/such",), "OWNER/NAME"),
        (("x/y", "--pooling", "max"), "--pooling is mean or cls, got 'max'"),
        (("x/y", "--precision", "int4"), "--precision is int8 or fp16"),
        (("x", "--base-url", "ftp://x", "--model", "m"), "must be http"),
    ],
)
def test_what_is_no_model_is_refused_in_words(erya, arguments, said):
    done = erya("models", "add", "embedding", *arguments)

    assert done.code == 2
    assert said in done.err


def test_a_name_stands_for_one_model(erya, tmp_path):
    """Texts must not go to an endpoint because a local model was given its name."""
    make_model(tmp_path / "bge")
    endpoint = (
        "models",
        "add",
        "embedding",
        "bge",
        "--base-url",
        "http://127.0.0.1:9/v1",
        "--model",
        "m",
    )
    assert erya(*endpoint).code == 0

    assert (
        "already, which runs at an endpoint"
        in erya("models", "add", "embedding", tmp_path / "bge").err
    )
    assert erya("models", "remove", "bge").code == 0
    assert erya("models", "add", "embedding", tmp_path / "bge").code == 0
    assert "already, which runs here" in erya(*endpoint).err
    assert "stays" in erya("models", "remove", "all-MiniLM-L6-v2").err


def test_a_model_that_says_it_reads_more_than_it_can_is_held_to_what_it_can(tmp_path):
    make_model(tmp_path / "hub")
    (tmp_path / "hub" / "sentence_bert_config.json").write_text(
        '{"max_seq_length": 4096}'
    )
    import_model(tmp_path / "hub", tmp_path / "m", name="m")

    model = LocalEmbedding(tmp_path / "m")

    assert model.card.max_tokens == 64
    assert model.embed_passages(["the box " * 500]).cut == (1000 - 62,)
