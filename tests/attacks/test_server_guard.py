"""T8, T9, T10, T13, T19, T33, T34, T36: other pages, other names, nobody's requests; on every route there is."""

from __future__ import annotations

import base64
import socket

import pytest
from tests.support.doors import HOST, KEYS, Doors
from tests.support.saved import save_tiny

from unfog.config.server import Server
from unfog.server import run
from unfog.server.guard import CSP, Guard, bracketed, host_of
from unfog.server.keys import Keys
from unfog.server.run import check_bind, reachable
from unfog.util.errors import UsageError

BODY = {"task": "generate", "prompt": "driven by"}
PROBES = {"/healthz", "/readyz"}
EVIL = [
    "http://evil.test",
    "https://127.0.0.1.evil.test",
    "null",
    "http://127.0.0.1:9999",
    "http://localhost:7860",
    "file://",
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return str(save_tiny(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="module")
def doors(tiny, tmp_path_factory):
    doors = Doors(tmp_path_factory.mktemp("open"), (tiny,))
    yield doors
    doors.close()


@pytest.fixture(scope="module")
def locked(tiny, tmp_path_factory):
    doors = Doors(tmp_path_factory.mktemp("locked"), (tiny,), keys=KEYS)
    yield doors
    doors.close()


def waiting(doors: Doors) -> int:
    return len(doors.engine.crew.line)


def test_every_route_wants_a_key(locked):
    routes = locked.routes()
    assert len(routes) > 25
    open_ones = {path for method, path in routes if locked(method, path, json={}).status_code != 401}
    assert open_ones == PROBES
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):  # also where there is no route at all
        assert locked(method, "/no/such/thing", json={}).status_code == 401
    assert locked("GET", "/docs").status_code == 401
    assert locked("GET", "/openapi.json").status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        "Bearer wrong wrong wrong wrong",
        "Bearer ",
        "Bearer",
        KEYS[0],
        "Basic " + base64.b64encode(b"user:wrong").decode(),
        "Basic !!!",
        "Digest " + KEYS[0],
        "Bearer " + KEYS[0] + "x",
        "Bearer " + KEYS[0][:-1],
    ],
)
def test_wrong_keys_open_nothing(locked, given):
    said = locked("GET", "/api/v1/server", headers={"authorization": given})
    assert said.status_code == 401
    assert KEYS[0] not in said.text


def test_keys_open_as_bearer_basic_and_cookie(locked):
    basic = "Basic " + base64.b64encode(f"anybody:{KEYS[1]}".encode()).decode()
    assert locked("GET", "/api/v1/server", headers={"authorization": f"Bearer {KEYS[0]}"}).json()["auth"] is True
    assert locked("GET", "/api/v1/server", headers={"authorization": basic}).status_code == 200
    token = locked.keys.token(locked.keys.owners[0])
    said = locked("GET", f"/?token={token}")
    assert (said.status_code, said.headers["location"]) == (303, "/")
    cookie = said.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert token not in cookie
    assert "set-cookie" not in locked("GET", f"/?token={token}").headers  # once
    headers = {"cookie": cookie.partition(";")[0]}
    assert locked("GET", "/api/v1/server", headers=headers).status_code == 200
    locked.client.cookies.clear()
    assert locked("GET", "/api/v1/server").status_code == 401


def test_a_cookie_alone_changes_nothing(locked):
    token = locked.keys.token(locked.keys.owners[0])
    cookie = {"cookie": locked("GET", f"/?token={token}").headers["set-cookie"].partition(";")[0]}
    locked.client.cookies.clear()
    form = {**cookie, "content-type": "application/x-www-form-urlencoded"}
    assert locked("POST", "/api/v1/jobs", headers=form, content=b"task=generate").status_code == 403
    assert locked("DELETE", "/api/v1/jobs/" + "0" * 32, headers=cookie).status_code == 403
    assert waiting(locked) == 0


@pytest.mark.parametrize("origin", EVIL)
def test_other_pages_are_refused_everywhere(doors, origin):
    routes = doors.routes() if origin == "null" else doors.routes()[::6]
    for method, path in [*routes, *((method, "/api/v1/jobs") for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))]:
        said = doors(method, path, headers={"origin": origin}, json=BODY)
        assert said.status_code == 403, (method, path)
        assert "access-control-allow-origin" not in said.headers
    assert waiting(doors) == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_what_a_browser_says_came_from_elsewhere_is_refused(doors, site):
    for mode, dest in (("no-cors", "image"), ("navigate", "iframe"), ("navigate", "document"), ("cors", "empty")):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        assert doors("GET", "/api/v1/pictures", headers=headers).status_code == 403
        assert doors("POST", "/api/v1/jobs", headers=headers, json=BODY).status_code == 403
        front = doors("GET", "/", headers=headers).status_code
        assert (front == 403) is not ((mode, dest) == ("navigate", "document"))  # a person who follows a link
    assert waiting(doors) == 0


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "text/json"]
)
def test_what_a_form_can_send_changes_nothing(doors, kind):
    content = b'{"task": "generate", "prompt": "from a form"}'
    for path in ("/api/v1/jobs", "/api/v1/files", "/api/v1/recall", "/api/v1/models/tiny/use"):
        assert doors("POST", path, headers={"content-type": kind}, content=content).status_code == 403
    assert waiting(doors) == 0


def test_our_own_page_is_let_in(doors):
    own = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}
    before = waiting(doors)
    assert doors("POST", "/api/v1/jobs", headers=own, json=BODY).status_code == 202
    assert waiting(doors) == before + 1


@pytest.mark.parametrize(
    "host",
    [
        "evil.test", "EVIL.test:7860", "127.0.0.1.evil.test", "localhost.evil.test", "localhost:x", "[::1].evil.test",
        "[fe80::1]", "", "169.254.169.254", "127.0.0.1@evil.test", "2130706433", "0x7f000001", "0.0.0.0", "[::]",
        "localhost.",
    ],
)  # fmt: skip
def test_other_names_are_refused_even_by_the_probes(doors, host):
    for path in ("/", "/healthz", "/api/v1/server", "/api/v1/jobs/0/events"):
        said = doors("GET", path, headers={"host": host})
        assert said.status_code == 421, path


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1:80", "[::1]:7860", "[::1]"])
def test_names_of_this_machine_are_known(doors, host):
    assert doors("GET", "/healthz", headers={"host": host}).status_code == 200


def test_two_hosts_are_one_too_many(doors):
    headers = [("host", HOST), ("host", "evil.test")]
    assert doors("GET", "/healthz", headers=headers).status_code in (400, 421)


def test_websockets_are_closed(doors):
    sent = []

    async def attempt() -> None:
        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            sent.append(message)

        scope = {"type": "websocket", "path": "/api/v1/jobs", "headers": [(b"host", HOST.encode())]}
        await doors.guard(scope, receive, send)

    doors.runner.run(attempt())
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_every_answer_has_the_headers(doors, locked):
    for one in (doors, locked):
        for method, path in one.routes():
            said = one(method, path, json=[])  # an object would be a request for a picture to some of them
            assert said.headers["x-content-type-options"] == "nosniff"
            assert said.headers["referrer-policy"] == "no-referrer"
            assert said.headers["x-frame-options"] == "DENY"
            assert said.headers["cross-origin-resource-policy"] == "same-origin"
            assert "no-store" in said.headers["cache-control"] or path == "/" or "assets" in path
            assert said.headers["content-security-policy"] == CSP
            assert "server" not in said.headers
    for rule in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "script-src 'self'"):
        assert rule in CSP
    assert "unsafe" not in CSP


def test_an_open_address_needs_a_key():
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org", ""):
        with pytest.raises(UsageError, match="--api-key auto"):
            check_bind(Server(host=host), Keys())
        check_bind(Server(host=host), Keys(KEYS))
        check_bind(Server(host=host, insecure=True), Keys())
    for host in ("127.0.0.1", "localhost", "::1", "127.8.8.8"):
        check_bind(Server(host=host), Keys())


def test_the_command_refuses_an_open_address(capsys, tiny, tmp_path):
    from tests.support.commands import Unfog

    code, line = Unfog(capsys).error("serve", "--host", "0.0.0.0", "--model", tiny, "--data", tmp_path / "d")
    assert code == 2
    assert "--api-key auto" in line
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(("host", "own", "loopback"), [("0.0.0.0", "10.1.2.3", "127.0.0.1"), ("::", "2001::7", "::1")])
def test_the_address_that_is_shown_can_be_reached_and_is_answered(locked, host, own, loopback, monkeypatch):
    """0.0.0.0 names no machine; with and without a network."""
    told = [(own, 1)]

    class Asked(socket.socket):
        def connect(self, _: object) -> None:
            if not told:
                raise OSError("no network")

        def getsockname(self) -> tuple[str, int]:
            return told.pop()

    monkeypatch.setattr(run.socket, "socket", Asked)
    guard = Guard(locked.guard.app, Keys(KEYS), Server(host=host))
    for shown in (own, loopback):
        assert reachable(host) == shown
        assert guard.is_ours(host_of(f"{bracketed(shown)}:7860"))
    assert not guard.is_ours(host_of("evil.test:7860"))
    assert [reachable(one) for one in ("192.168.1.7", "localhost")] == ["192.168.1.7", "localhost"]
