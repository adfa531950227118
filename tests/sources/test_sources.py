"""Where documents come from: a web site, a bucket, standard input, folders in use."""

import gzip
import io
import os
import socket
import threading
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from moto.server import ThreadedMotoServer

from erya import egress
from erya.assistant import Assistant
from erya.errors import FetchError, UsageError
from erya.loading import ParserPool
from erya.records import Item, Principal, Problem, Unchanged
from erya.sources import FolderSource, StreamSource
from erya.sources.buckets import BucketSource
from erya.sources.web import WebSource
from erya.stores import Bases
from erya.testing import SourceContract

ME = Principal.owner("me")


class Site:
    """A web site on this machine: what it has, and what it was asked for."""

    def __init__(self):
        self.pages: dict[str, str | bytes] = {}
        self.packed: dict[str, str] = {}  # how a page comes
        self.etags: dict[str, str] = {}
        self.status: dict[str, int] = {}
        self.moved: dict[str, str] = {}
        self.longer: dict[str, int] = {}  # than what is sent
        self.asked: list[str] = []
        self.url = ""

    def serve(self, handler):
        path = handler.path
        self.asked.append(path)
        etag = self.etags.get(path, "")
        page = self.pages.get(path, "")
        body = page if isinstance(page, bytes) else page.encode()
        status = self.status.get(path, 200 if path in self.pages else 404)
        if path in self.moved:
            status = 302
        elif etag and handler.headers["If-None-Match"] == etag:
            status, body = 304, b""
        handler.send_response(status)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        handler.send_header("Content-Length", str(self.longer.get(path, len(body))))
        if etag:
            handler.send_header("ETag", etag)
        if path in self.moved:
            handler.send_header("Location", self.moved[path])
        if path in self.packed:
            handler.send_header("Content-Encoding", self.packed[path])
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def site():
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            made.serve(self)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def crawl(site, path="/docs/", known=None, **options):
    source = WebSource(
        url=site.url + path,
        private=True,
        delay=0,
        sleep=options.pop("sleep", lambda _: None),
        **options,
    )
    return source, list(source.items(known or {}))


def unconfirmed(site, *names):
    """Return pages that were known, as a source is told of them."""
    return {f"{site.url}/docs/{name}": dict[str, str]() for name in names}


def paths(site, found):
    return sorted(each.source.removeprefix(site.url) for each in found)


def test_links_are_followed_below_the_address_and_each_page_comes_once(site):
    site.pages = {
        "/docs/": '<a href="a.html#top">a</a> <a href="/docs/a.html">A</a> <a href="/other">o</a> <a href="https://elsewhere.example/x">x</a> <a href="pic.png">p</a> <a href="mailto:a@b">m</a>',
        "/docs/a.html": '<a href="sub/b">b</a>',
        "/docs/sub/b": "<p>End.</p>",
        "/other": "no",
    }

    source, found = crawl(site)

    assert paths(site, found) == ["/docs/", "/docs/a.html", "/docs/sub/b"]
    assert all(isinstance(each, Item) for each in found)
    assert source.complete(source.roots[0])
    assert "/other" not in site.asked


def test_a_sitemap_names_pages_that_nothing_links_to(site):
    site.pages = {
        "/robots.txt": f"Sitemap: {site.url}/index.xml\n",
        "/index.xml": f"<sitemapindex><sitemap><loc>{site.url}/one.xml</loc></sitemap></sitemapindex>",
        "/one.xml": f"<urlset><url><loc>{site.url}/docs/lone?a=1&amp;b=2</loc></url></urlset>",
        "/docs/": "start",
        "/docs/lone?a=1&b=2": "lone",
    }

    assert paths(site, crawl(site)[1]) == ["/docs/", "/docs/lone?a=1&b=2"]


def test_robots_are_honoured_and_their_delay(site):
    site.pages = {
        "/robots.txt": "User-agent: *\nDisallow: /docs/private*\nCrawl-delay: 3\n",
        "/docs/": '<a href="private/x">x</a><a href="open">o</a>',
        "/docs/open": "open",
        "/docs/private/x": "secret",
    }
    waited: list[float] = []

    _, found = crawl(site, sleep=waited.append)

    assert [p.code for p in found if isinstance(p, Problem)] == ["robots"]
    assert "/docs/private/x" not in site.asked
    assert set(waited) == {3.0}


def test_what_has_not_changed_is_not_sent_again_and_still_leads_on(site):
    site.pages = {"/docs/": '<a href="a">a</a>', "/docs/a": "one"}
    site.etags = {"/docs/": '"1"', "/docs/a": '"1"'}
    _, first = crawl(site)
    known = {item.source: item.validators for item in first}
    site.pages["/docs/a"], site.etags["/docs/a"] = "two", '"2"'

    source, second = crawl(site, known=known)

    assert second[0] == Unchanged(f"{site.url}/docs/")
    assert isinstance(second[1], Item)
    assert second[1].data == b"two"
    assert source.complete(source.roots[0])


def test_pages_are_known_by_their_canonical_addresses(site):
    alias = (
        f'<link rel="canonical" href="{site.url}/docs/real"><a href="only-here">x</a>'
    )
    site.pages = {
        "/docs/": '<a href="?print=1">p</a>',
        "/docs/?print=1": alias,
        "/docs/real": "real",
        "/docs/only-here": "linked from the other name alone",
    }

    _, found = crawl(site)

    assert paths(site, found) == ["/docs/", "/docs/only-here", "/docs/real"]
    assert {i.source[-4:]: i.data for i in found if isinstance(i, Item)}[
        "real"
    ] == b"real"


def test_a_sitemap_that_fails_has_what_was_known_asked_for(site):
    site.pages = {"/docs/": "x", "/sitemap.xml": "", "/docs/lone": "lone"}
    site.status = {"/sitemap.xml": 503}

    source, found = crawl(site, known=unconfirmed(site, "lone", "gone"))

    assert paths(site, found) == ["/docs/", "/docs/lone"]
    assert "/docs/gone" in site.asked
    assert source.complete(source.roots[0])


def test_dots_in_an_address_lead_out_of_nothing(site):
    site.pages = {
        "/docs/": '<a href="/docs/../admin">a</a><a href="%2e%2E/admin">b</a><a href="x/../b">c</a>',
        "/docs/b": "b",
        "/admin": "no",
    }

    assert paths(site, crawl(site)[1]) == ["/docs/", "/docs/b"]
    assert "/admin" not in site.asked


def test_robots_are_asked_about_where_a_redirect_leads(site):
    site.pages = {
        "/robots.txt": "User-agent: *\nDisallow: /docs/secret\n",
        "/docs/": '<a href="go">g</a>',
        "/docs/secret": "no",
    }
    site.moved = {"/docs/go": "/docs/secret"}

    assert paths(site, crawl(site)[1]) == ["/docs/"]
    assert "/docs/secret" not in site.asked


def test_a_link_that_leads_nowhere_is_told(site):
    site.pages = {"/docs/": '<a href="gone">g</a>'}

    source, found = crawl(site)

    assert source.complete(source.roots[0])
    (problem,) = [each for each in found if isinstance(each, Problem)]
    assert (problem.code, problem.failed) == ("dead_link", False)
    assert problem.source == f"{site.url}/docs/gone"
    assert f"{site.url}/docs/ names it" in problem.message


def test_a_page_that_fails_keeps_what_only_it_leads_to(site):
    """What was known is asked for by itself; what is missing then is gone."""
    site.pages = {"/docs/": '<a href="list">l</a>', "/docs/list": "", "/docs/old": "o"}
    site.status = {"/docs/list": 503}

    source, found = crawl(site, known=unconfirmed(site, "", "list", "old", "gone"))

    assert [p.message for p in found if isinstance(p, Problem)] == [
        "The server said 503."
    ]
    assert paths(site, found) == ["/docs/", "/docs/list", "/docs/old"]
    assert source.complete(source.roots[0])


def test_a_site_that_is_down_is_left_as_it_is(site):
    site.pages = {"/docs/": "".join(f'<a href="{i}">x</a>' for i in range(50))}
    site.status = {f"/docs/{i}": 500 for i in range(50)}

    source, found = crawl(site)

    assert found[-1].source == source.roots[0]
    assert found[-1].code == "outage"
    assert not source.complete(source.roots[0])
    assert len(site.asked) < 20


@pytest.fixture
def followed(site, tmp_path):
    """Return a function that brings a base in step with the site."""
    store = Bases(tmp_path).open("site", create=True)
    assistant = Assistant(store=store, workers=1)

    def run(path="/docs/", **options):
        source = WebSource(
            url=site.url + path, private=True, delay=0, sleep=lambda _: None, **options
        )
        report = assistant.ingest(source, principal=ME)
        held = (each.source for each in store.documents(ME))
        return report, sorted(each.removeprefix(site.url) for each in held)

    yield run
    store.close()


@pytest.mark.parametrize("start", ["/docs/", "/docs/index.html"])
@pytest.mark.parametrize("wrong", ["status", "moved"])
def test_a_start_page_that_is_not_there_removes_nothing(site, followed, start, wrong):
    site.pages = {start: '<a href="/docs/a">a</a>', "/docs/a": "one"}
    assert followed(start)[0].added == 2
    if wrong == "status":
        site.status = dict.fromkeys(site.pages, 404)
    else:
        site.moved = dict.fromkeys(site.pages, "https://elsewhere.example/")

    report, held = followed(start)

    assert report.removed == 0
    assert report.failed
    assert len(held) == 2


def test_a_page_that_was_gone_for_a_while_is_read_again(site, followed):
    site.pages = {"/docs/": '<a href="a">a</a>', "/docs/a": "one"}
    site.etags = {"/docs/a": '"1"'}
    followed()
    site.status, site.etags = {"/docs/a": 404}, {}

    report, held = followed()
    assert (report.removed, held) == (1, ["/docs/"])
    assert [each.code for each in report.skipped] == ["dead_link"]
    site.status, site.etags = {}, {"/docs/a": '"1"'}
    assert followed()[1] == ["/docs/", "/docs/a"]


def test_known_pages_are_asked_for_however_many_there_are(site, followed):
    many = [f"/docs/{n}" for n in range(12)]
    site.pages = {"/docs/": '<a href="list">l</a>', **dict.fromkeys(many, "x")}
    site.pages["/docs/list"] = "".join(f'<a href="{path}">x</a>' for path in many)
    followed()
    site.status = {"/docs/list": 503}
    del site.pages["/docs/3"]

    report, held = followed(pages=14)

    assert report.removed == 1
    assert "/docs/3" not in held
    assert len(held) == 13


def test_a_site_that_refuses_some_pages_is_not_down(site, followed):
    refused = [f"/docs/{n}" for n in range(12)]
    links = "".join(f'<a href="{path}">x</a>' for path in [*refused, "/docs/z"])
    site.pages = {"/docs/": links, "/docs/z": "z"}
    site.status = dict.fromkeys(refused, 403)

    assert followed()[1] == ["/docs/", "/docs/z"]


def test_an_answer_without_a_body_may_tell_its_length(site):
    site.pages, site.etags = {"/docs/": "x"}, {"/docs/": '"1"'}
    site.longer = {"/docs/": 500}
    known = {f"{site.url}/docs/": {"etag": '"1"'}}

    assert crawl(site, known=known)[1] == [Unchanged(f"{site.url}/docs/")]


def test_a_start_page_that_leads_elsewhere_names_the_place(site):
    site.moved = {"/docs/": "/new/"}
    site.pages = {"/docs/": "", "/new/": "x"}

    (problem,) = crawl(site)[1]

    assert "redirects to /new/: name that address" in problem.message
    assert "/new/" not in site.asked


def test_a_page_that_breaks_off_is_a_problem(site):
    site.pages = {"/docs/": '<a href="a">a</a>', "/docs/a": "half"}
    site.longer = {"/docs/a": 5_000}

    _, found = crawl(site)

    assert [(p.code, p.failed) for p in found if isinstance(p, Problem)] == [
        ("broken_off", True)
    ]


def test_what_a_server_calls_html_is_read_as_html(site):
    site.pages = {"/docs/": '<a href="b.html?x=1">b</a>', "/docs/b.html?x=1": "<p>bee"}

    with ParserPool(workers=1) as pool:
        items = [each for each in crawl(site)[1] if isinstance(each, Item)]
        texts = [o.parsed and o.parsed.text for o in pool.parse_all(items)]

    assert texts == ["b", "bee"]


@pytest.mark.parametrize("limit", ["site_bytes", "site_seconds"])
def test_a_site_is_left_at_the_limits_of_all_of_it(site, limit):
    site.pages = {
        f"/docs/{i or ''}": f'<a href="/docs/{i + 1}">n</a>' for i in range(30)
    }

    source, found = crawl(site, **{limit: 0})

    assert len([each for each in found if isinstance(each, Item)]) <= 1
    assert [each.code for each in found if isinstance(each, Problem)] == ["too_many"]
    assert not source.complete(source.roots[0])


def test_a_site_without_end_is_left_at_the_limit(site):
    site.pages = {
        f"/docs/{i or ''}": f'<a href="/docs/{i + 1}">n</a>' for i in range(30)
    }

    source, found = crawl(site, pages=5)

    assert [each.code for each in found if isinstance(each, Problem)] == ["too_many"]
    assert len(found) == 6
    assert not source.complete(source.roots[0])


@pytest.mark.parametrize(
    "canonical", ["/docs/b", "/docs/nowhere", "/docs/secret", "/docs/a/"]
)
def test_a_page_whose_canonical_address_gives_none_is_read_under_its_own(
    site, canonical
):
    site.pages = {
        "/robots.txt": "User-agent: *\nDisallow: /docs/secret",
        "/docs/": '<a href="a">a</a> <a href="b">b</a>',
        "/docs/a": f'<link rel="canonical" href="{canonical}">a',
        "/docs/b": '<link rel="canonical" href="/docs/a">b',
        "/docs/secret": "no",
    }
    site.moved = {"/docs/a/": "/docs/a"}

    _, found = crawl(site)

    read = [each for each in found if isinstance(each, Item)]
    assert "/docs/a" in paths(site, read)
    assert len({each.source for each in read}) == len(read)


def test_what_a_comment_says_of_links_and_names_counts_for_nothing(site):
    site.pages = {
        "/docs/": '<!-- <link rel="canonical" href="/docs/x"> <a href="y"> --><p>a',
        "/docs/x": "x",
    }

    assert paths(site, crawl(site)[1]) == ["/docs/"]


def test_links_begin_where_a_page_says(site):
    site.pages = {
        "/docs/": '<a href="sub/a">a</a>',
        "/docs/sub/a": '<base href="/docs/"><a href="b">b</a>',
        "/docs/b": "b",
    }

    assert paths(site, crawl(site)[1]) == ["/docs/", "/docs/b", "/docs/sub/a"]


def test_rules_that_cannot_be_read_let_nothing_be_read(site):
    site.pages = {"/docs/": "a", "/robots.txt": "# \n" * 2_000_000}

    with pytest.raises(UsageError, match=r"robots\.txt cannot be read"):
        crawl(site)


def test_one_page_of_a_site_adds_it_and_removes_nothing(site, followed):
    site.pages = {"/docs/": '<a href="a">a</a>', "/docs/a": "a", "/docs/new.html": "n"}
    followed()

    report, held = followed("/docs/new.html")

    assert (report.added, report.removed, report.kept) == (1, 0, 2)
    assert held == ["/docs/", "/docs/a", "/docs/new.html"]


def test_a_page_that_is_gone_goes_where_not_all_can_be_looked_at(site, followed):
    endless = {f"/docs/{i}": f'<a href="/docs/{i + 1}">n</a>' for i in range(1, 30)}
    site.pages = {"/docs/": '<a href="a">a</a> <a href="1">1</a>', **endless}
    site.pages["/docs/a"] = "a"
    assert "/docs/a" in followed(pages=5)[1]
    del site.pages["/docs/a"]

    report, held = followed(pages=5)

    assert report.removed == 1
    assert "/docs/a" not in held


def test_a_redirect_leads_nowhere_else(site):
    site.pages = {
        "/docs/": '<a href="out">o</a><a href="in">i</a>',
        "/docs/end": "end",
        "/secret": "no",
    }
    site.moved = {"/docs/out": "/secret", "/docs/in": "/docs/end"}

    assert paths(site, crawl(site)[1]) == ["/docs/", "/docs/end"]


def test_a_site_with_a_private_address_is_refused_unless_it_is_allowed(site):
    site.pages = {"/docs/": "x"}
    source = WebSource(url=site.url + "/docs/", delay=0)

    with pytest.raises(UsageError, match="not public"):
        list(source.items({}))
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "https://a:b@c.example/",
        "http://",
        "file:///etc/passwd",
        "http://[::1",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url):
    with pytest.raises(UsageError):
        WebSource(url=url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "192.168.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "224.0.0.1",
        "100.64.0.1",
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b:1::1",
        "fec0::1",
        "2002:7f00:1::",
    ],
)
def test_no_address_inside_is_connected_to(monkeypatch, address):
    """Whatever a name says, the addresses that it has are looked at."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(family, 1, 6, "", (address, 80))]
    )
    monkeypatch.setattr(
        socket, "create_connection", lambda *_: pytest.fail("it connects")
    )

    with pytest.raises(FetchError) as caught:
        egress.fetch("http://docs.example/", most_bytes=10, seconds=1)
    assert caught.value.code == "not_public"


def test_the_address_that_was_checked_is_the_one_that_is_used(monkeypatch, site):
    """A name that changes its address between two looks gains nothing: there is one look."""
    site.pages = {"/": "x"}
    port = int(site.url.rpartition(":")[2])
    looks = []

    def look(host, *_, **__):
        looks.append(host)
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    found = egress.fetch(
        f"http://docs.example:{port}/",
        most_bytes=10,
        seconds=5,
        private_hosts=frozenset({"docs.example"}),
    )

    assert found.data == b"x"
    assert looks == ["docs.example"] + ["127.0.0.1"] * (len(looks) - 1)


def test_a_body_over_the_limit_is_refused(site):
    site.pages = {"/": "x" * 100}
    with pytest.raises(FetchError) as caught:
        egress.fetch(
            site.url + "/",
            most_bytes=99,
            seconds=5,
            private_hosts=frozenset({"127.0.0.1"}),
        )
    assert caught.value.code == "too_large"


def test_redirects_end(site):
    site.moved = {"/a": "/a"}
    with pytest.raises(FetchError) as caught:
        egress.fetch(
            site.url + "/a",
            most_bytes=99,
            seconds=5,
            private_hosts=frozenset({"127.0.0.1"}),
        )
    assert caught.value.code == "redirects"


class Raw:
    """A server that says just what it is told to, byte for byte, and then waits."""

    def __init__(self, told, *, pause=0.0):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}/"
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(told, pause))
        self.thread.start()

    def _serve(self, told, pause):
        connection, _ = self.server.accept()
        with connection:
            connection.recv(10_000)
            for at in range(0, len(told), 1 if pause else len(told)):
                if self.over.is_set():
                    return
                try:
                    connection.sendall(told[at : at + 1] if pause else told)
                except OSError:
                    return
                self.over.wait(pause)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.server.close()


LOCAL = frozenset({"127.0.0.1"})


@pytest.mark.parametrize(
    "told",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\nx",
        b"HTTP/1.1 302 Found\r\nLocation: //[\r\nContent-Length: 0\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_whatever_a_server_says_is_an_answer_or_a_typed_error(told):
    said: list[bytes | str] = []
    with Raw(told) as server:
        try:
            said.append(
                egress.fetch(
                    server.url, most_bytes=100, seconds=5, private_hosts=LOCAL
                ).data
            )
        except FetchError as error:
            said.append(error.code)
    assert said[0] in {b"x", "bad_url", "unreachable", "too_large"}


@pytest.mark.parametrize(
    "told",
    [b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500, b"HTTP/1.1 200 OK\r\nA: " + b"x" * 500],
)
def test_a_server_that_never_ends_is_left(told):
    with Raw(told, pause=0.05) as server, pytest.raises(FetchError) as caught:
        egress.fetch(server.url, most_bytes=10_000, seconds=2, private_hosts=LOCAL)
    assert caught.value.code == "timeout"


# Buckets


@pytest.fixture
def bucket(monkeypatch):
    """A bucket of moto's server, and a client to fill it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket="team")
    yield endpoint, client
    client.close()
    reset = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()
    server.stop()


def test_a_bucket_offers_what_is_below_the_prefix_and_only_what_changed(bucket):
    endpoint, client = bucket
    for key, text in {
        "docs/a.md": "one",
        "docs/年假.md": "十天",
        "docs/": "",
        "other": "no",
    }.items():
        client.put_object(Bucket="team", Key=key, Body=text.encode())
    source = BucketSource(bucket="team", prefix="docs/", endpoint=endpoint)

    first = [item for item in source.items({}) if isinstance(item, Item)]
    client.put_object(Bucket="team", Key="docs/a.md", Body=b"two")
    second = list(source.items({item.source: item.validators for item in first}))

    assert source.roots == ("s3://team/docs",)
    assert [(i.source, i.data.decode()) for i in first] == [
        ("s3://team/docs/a.md", "one"),
        ("s3://team/docs/年假.md", "十天"),
    ]
    assert [type(each) for each in second] == [Item, Unchanged]
    assert source.complete("s3://team/docs")


def test_a_prefix_is_a_folder_and_no_beginning_of_a_name(bucket):
    endpoint, client = bucket
    for key in ("2026/a", "2026-old/b"):
        client.put_object(Bucket="team", Key=key, Body=b"x")
    source = BucketSource(bucket="team", prefix="2026", endpoint=endpoint)

    assert [each.source for each in source.items({})] == ["s3://team/2026/a"]
    assert source.roots == ("s3://team/2026",)


def test_an_object_over_the_limit_is_named_and_not_fetched(bucket):
    endpoint, client = bucket
    client.put_object(Bucket="team", Key="big", Body=b"x" * 100)

    (found,) = BucketSource(bucket="team", endpoint=endpoint, object_bytes=99).items({})

    assert isinstance(found, Problem)
    assert found.code == "too_large"


def test_a_bucket_that_is_not_there_is_an_error_and_nothing_vanishes(bucket):
    source = BucketSource(bucket="nowhere", endpoint=bucket[0])

    with pytest.raises(UsageError, match="'nowhere' cannot be listed"):
        list(source.items({}))
    assert not source.complete("s3://nowhere")


# Standard input, and files that are being written


def test_standard_input_is_one_document_within_the_limit():
    (item,) = StreamSource(stream=io.BytesIO(b"abc"), name="a.md").items()
    (over,) = StreamSource(stream=io.BytesIO(b"abc"), name="a.md", file_bytes=2).items()

    assert item == Item(source="stdin:a.md", data=b"abc")
    assert isinstance(over, Problem)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    big = tmp_path / "big.txt"
    with big.open("wb") as file:
        file.truncate(2_000_000_000)

    (found,) = FolderSource([big], file_bytes=1_000).items()

    assert isinstance(found, Problem)
    assert found.code == "too_large"
    assert "2,000,000,000 bytes" in found.message


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")
    stat = os.fstat
    looks = []

    def look(descriptor):
        found = stat(descriptor)
        looks.append(found)
        if len(looks) == 1:
            path.write_text("newer")
        return found

    monkeypatch.setattr(os, "fstat", look)
    (found,) = FolderSource([path], file_bytes=100).items()

    assert isinstance(found, Item)
    assert found.data == b"newer"
    assert len(looks) == 4


def test_a_file_that_never_rests_is_named(tmp_path, monkeypatch):
    path = tmp_path / "log.txt"
    path.write_text("x")
    stat = os.fstat

    def look(descriptor):
        found = stat(descriptor)
        with path.open("a") as file:
            file.write("more")
        return found

    monkeypatch.setattr(os, "fstat", look)
    (found,) = FolderSource([path], file_bytes=1_000).items()

    assert isinstance(found, Problem)
    assert found.code == "changing"


@pytest.mark.parametrize(
    ("name", "pack"),
    [("s.xml.gz", gzip.compress), ("s.xml", lambda data: data)],
)
@pytest.mark.parametrize("form", ["{}", "<![CDATA[{}]]>", "\n  <![CDATA[ {} ]]>\n"])
def test_a_sitemap_may_be_packed_and_its_addresses_may_be_character_data(
    site, name, pack, form
):
    named = form.format(f"{site.url}/docs/only")
    site.pages |= {
        "/docs/": "<p>Root</p>",
        "/docs/only": "<p>Only there</p>",
        "/robots.txt": f"Sitemap: {site.url}/{name}",
        f"/{name}": pack(f"<urlset><url><loc>{named}</loc></url></urlset>".encode()),
    }
    _, found = crawl(site)

    assert [each.source for each in found] == [
        f"{site.url}/docs/",
        f"{site.url}/docs/only",
    ]


def test_a_sitemap_may_be_a_plain_list(site):
    site.pages |= {
        "/docs/": "<p>Root</p>",
        "/docs/only": "<p>Only there</p>",
        "/robots.txt": f"Sitemap: {site.url}/s.txt",
        "/s.txt": f"{site.url}/docs/only\n",
    }
    _, found = crawl(site)

    assert [each.source for each in found] == [
        f"{site.url}/docs/",
        f"{site.url}/docs/only",
    ]


@pytest.mark.parametrize(
    ("kind", "pack"),
    [
        ("gzip", gzip.compress),
        ("gzip", lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:])),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),  # without its head
    ],
)
def test_a_page_that_comes_packed_is_read_under_its_own_address(site, kind, pack):
    site.pages["/docs/"] = pack(b"<p>Packed words</p>")
    site.packed["/docs/"] = kind
    _, found = crawl(site)

    assert [(each.source, each.data) for each in found] == [
        (f"{site.url}/docs/", b"<p>Packed words</p>")
    ]


@pytest.mark.parametrize("kind", ["gzip", "br", "deflate"])
def test_what_does_not_unpack_or_is_a_bomb_is_told(site, kind):
    site.pages |= {
        "/docs/": '<a href="bomb">x</a>',
        "/docs/bomb": gzip.compress(b"0" * 10**7),
    }
    site.packed["/docs/bomb"] = kind
    _, found = crawl(site, page_bytes=1_000_000)

    assert (found[1].code, found[1].failed) == ("packed", True)


def test_frames_and_where_a_page_sends_its_reader_are_read(site):
    site.pages |= {
        "/docs/": '<meta http-equiv="refresh" content="0; url=next"><p>Go on</p>',
        "/docs/next": '<iframe src="framed"></iframe><p>Next</p>',
        "/docs/framed": "<p>Framed</p>",
    }
    _, found = crawl(site)

    names = ("", "next", "framed")
    assert [each.source for each in found] == [f"{site.url}/docs/{n}" for n in names]


def test_robots_and_sitemaps_are_not_followed_to_another_host(site):
    site.pages |= {"/docs/": "<p>Root</p>"}
    port = site.url.rpartition(":")[2]
    for name in ("/robots.txt", "/sitemap.xml"):
        site.moved[name] = f"http://localhost:{port}/elsewhere"
    _, found = crawl(site)

    assert [each.source for each in found] == [f"{site.url}/docs/"]
    assert "/elsewhere" not in site.asked


@pytest.mark.parametrize(
    "address", ["3fff::1", "5f00::1", "192.0.0.9", "192.88.99.1", "168.63.129.16"]
)
def test_addresses_that_lead_nowhere_public_are_refused(monkeypatch, address):
    answer = [(None, None, None, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(FetchError, match="not public"):
        egress.fetch("http://inside.example/", most_bytes=10, seconds=1.0)


class TestWeb(SourceContract):
    @pytest.fixture
    def make_source(self, site):
        site.pages = {"/docs/": '<a href="a">a</a>', "/docs/a": "<p>A</p>"}
        site.etags = {"/docs/a": '"1"'}
        return lambda: WebSource(url=f"{site.url}/docs/", private=True, delay=0)


class TestBucket(SourceContract):
    @pytest.fixture
    def make_source(self, bucket):
        endpoint, client = bucket
        for key in ("docs/a.md", "docs/b.md"):
            client.put_object(Bucket="team", Key=key, Body=key.encode())
        return lambda: BucketSource(bucket="team", prefix="docs/", endpoint=endpoint)
