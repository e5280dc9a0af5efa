"""Who is answered: hosts, origins, tokens, sessions."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving import Service, problem
from sonolux.errors import SonoluxError
from sonolux.server.configuration import Configuration, is_loopback
from sonolux.server.observing import JsonLines
from sonolux.server.security import tokens as tokens_module
from sonolux.server.security.hosts import host_name
from sonolux.server.security.tokens import TokenStore
from sonolux.server.serve import Certificate, check_exposure, token_for

OUTSIDE = {"host": "192.0.2.7", "names": ("photos.example",), "base": "https://photos.example", "secure": True}
SEARCH = {"parts": [{"kind": "text", "text": "rain"}]}

READS = ["/api/v1/info", "/api/v1/items", "/api/v1/jobs", "/api/v1/events", "/metrics", "/openapi.json"]


@pytest.fixture
def token(service: Service) -> str:
    return TokenStore(service.state()).new_token()


def test_every_line_of_the_page_names_tests_that_are_there() -> None:
    here = Path(__file__).parent
    page = (here.parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {name for file in here.glob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())}
    assert len(named) > 40 and named <= there


# -- where the service may listen ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.1.2.3"])
def test_loopback_needs_no_token(host: str) -> None:
    assert is_loopback(host)
    configuration = Configuration("x", host=host)
    assert not configuration.needs_token
    check_exposure(configuration, None, insecure=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "photos.example", "localhost.example", "0"])
def test_another_address_needs_a_token_and_a_certificate_or_insecure(host: str, tmp_path: object) -> None:
    configuration = Configuration("x", host=host)
    assert configuration.needs_token
    with pytest.raises(SonoluxError, match=r"--tls-cert and --tls-key.*--insecure"):
        check_exposure(configuration, None, insecure=False)
    check_exposure(configuration, None, insecure=True)
    check_exposure(configuration, Certificate("c", "k"), insecure=False)  # type: ignore[arg-type]


# -- hosts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "127.0.0.1:"])
def test_another_host_is_refused_on_loopback(client: TestClient, host: str) -> None:
    """DNS rebinding: a page's own name that leads to 127.0.0.1."""
    for address in ("/", "/healthz", "/api/v1/info", "/api/v1/nothing"):
        problem(client.get(address, headers={"host": host}), "host", 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "LocalHost:1", "[::1]:8000"])
def test_the_names_of_loopback_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/info", headers={"host": host}).status_code == 200


def test_two_hosts_are_refused(client: TestClient) -> None:
    headers = [("host", "127.0.0.1"), ("host", "evil.example")]
    problem(client.get("/api/v1/info", headers=headers), "host", 421)


def test_a_name_that_was_given_is_answered(service: Service) -> None:
    with service.client(names=("photos.example",)) as client:
        assert client.get("/healthz", headers={"host": "photos.example:8000"}).status_code == 200


def test_host_names_are_read() -> None:
    assert [host_name(one) for one in ("a.b:1", "[::1]:2", "a b", "a/b", "[::1", "a:b")] == ["a.b", "::1", *[None] * 4]


# -- origins --------------------------------------------------------------------------------------------------------

FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": "http://127.0.0.1:8000.evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"},
    {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_every_write_of_another_site_is_refused(service: Service, headers: dict[str, str]) -> None:
    app = service.app()
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        writes = [
            (method.upper(), path)
            for path, methods in app.openapi()["paths"].items()
            for method in methods
            if method in ("post", "put", "delete", "patch")
        ]
        assert len(writes) > 10
        for method, path in writes:
            problem(client.request(method, path, headers=headers, json={}), "origin", 403)


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://127.0.0.1:8000"}, {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8000"}],
)
def test_a_write_of_the_page_or_a_program_is_answered(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/v1/search", json=SEARCH, headers=headers).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_reads_nothing_and_may_link_to_the_page(service: Service, client: TestClient, site: str) -> None:
    image = f"/api/v1/items/{service.first('image')}/thumbnail"
    for address in ("/api/v1/info", image, "/metrics", "/openapi.json"):
        problem(client.get(address, headers={"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}), "origin", 403)
    problem(client.get(image, headers={"sec-fetch-site": site, "sec-fetch-mode": "navigate"}), "origin", 403)
    assert client.get("/", headers={"sec-fetch-site": site, "sec-fetch-mode": "navigate"}).status_code == 200


def test_no_answer_allows_another_origin(client: TestClient) -> None:
    preflight = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    for answer in (
        client.options("/api/v1/search", headers=preflight),
        client.get("/api/v1/info", headers={"origin": "http://evil.example"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


# -- tokens and sessions ----------------------------------------------------------------------------------------------


def test_nothing_is_told_without_a_token(service: Service, token: str) -> None:
    """Every route of the API, media included (Jellyfin 5415)."""
    app = service.app(host="192.0.2.7", names=("photos.example",), secure=True)
    with TestClient(app, base_url="https://photos.example") as client:
        for path, methods in app.openapi()["paths"].items():
            for method in methods:
                if path in ("/healthz", "/readyz", "/problems/{kind}", "/api/v1/session"):
                    continue
                address = path.replace("{id}", service.first("image"))
                told = client.request(method.upper(), address, json={} if method in ("post", "put") else None)
                problem(told, "sign-in", 401)
                assert told.headers["www-authenticate"] == "Bearer"
        for address in (*READS, f"/api/v1/items/{service.first('image')}/media", "/api/v1/no/such/thing"):
            problem(client.get(address), "sign-in", 401)
            problem(
                client.head(address) if False else client.get(address, headers={"authorization": "Bearer no"}),
                "sign-in",
                401,
            )


def test_the_page_and_health_need_no_token(service: Service, token: str) -> None:
    with service.client(**OUTSIDE) as client:
        assert client.get("/").status_code == client.get("/healthz").status_code == 200
        assert client.get("/api/v1/session").json() == {"needed": True, "signed_in": False}


def test_a_token_opens_everything(service: Service, token: str) -> None:
    with service.client(**OUTSIDE) as client:
        client.headers["authorization"] = f"Bearer {token}"
        assert client.get("/api/v1/info").status_code == client.get("/metrics").status_code == 200
        assert client.post("/api/v1/search", json=SEARCH).status_code == 200


def test_a_token_has_256_random_bits(service: Service) -> None:
    store = TokenStore(service.state())
    made = {store.new_token() for _ in range(50)}
    assert len(made) == 50 and tokens_module.BYTES * 8 == 256
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in made)


def test_only_the_digest_of_a_token_is_kept(service: Service, token: str) -> None:
    secret = TokenStore(service.state()).open_session()
    kept = b"".join(path.read_bytes() for path in service.state().folder.iterdir() if path.is_file())
    assert token.encode() not in kept and secret.encode() not in kept
    with sqlite3.connect(service.state().database) as database:
        assert database.execute("SELECT digest FROM tokens").fetchall() == [(tokens_module.secret_digest(token),)]
    database.close()


def test_a_token_is_compared_in_constant_time(service: Service, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each comparison is of digests, by `hmac.compare_digest`, whether the token is right or not."""
    compared: list[tuple[int, int]] = []
    real = tokens_module.hmac.compare_digest

    def compare(first: bytes, second: bytes) -> bool:
        compared.append((len(first), len(second)))
        return real(first, second)

    store = TokenStore(service.state())
    monkeypatch.setattr(tokens_module.hmac, "compare_digest", compare)
    assert [store.is_token(one) for one in (token, token[:-1], "", "x" * 10_000)] == [True, False, False, False]
    assert compared == [(32, 32)] * 4


def test_a_new_token_ends_the_one_before_and_its_sessions(service: Service, token: str) -> None:
    store = TokenStore(service.state())
    secret = store.open_session()
    newer = store.new_token()
    assert not store.is_token(token) and store.is_token(newer) and store.session_name(secret) is None
    assert TokenStore(service.state()).is_token(newer)


def test_a_token_is_printed_once(service: Service) -> None:
    configuration = Configuration("x", host="192.0.2.7")
    first = token_for(service.state(), configuration, new=True)
    assert first and token_for(service.state(), configuration, new=False) == ""
    assert token_for(service.state(), Configuration("x"), new=True) == ""


def test_a_token_is_traded_for_a_cookie_that_images_send(service: Service, token: str) -> None:
    with service.client(**OUTSIDE) as client:
        problem(client.post("/api/v1/session", json={"token": "wrong"}), "sign-in", 401)
        signed = client.post("/api/v1/session", json={"token": token})
        assert signed.status_code == 204 and token not in signed.headers["set-cookie"]
        cookie = SimpleCookie(signed.headers["set-cookie"])["__Host-sonolux"]
        assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "strict" and cookie["path"] == "/"
        assert not cookie["domain"]
        assert client.get(f"/api/v1/items/{service.first('image')}/media").status_code == 200
        assert client.get("/api/v1/session").json() == {"needed": True, "signed_in": True}


def test_signing_in_again_ends_the_session_before(service: Service, token: str) -> None:
    with service.client(**OUTSIDE) as client:
        client.post("/api/v1/session", json={"token": token})
        before = dict(client.cookies)
        assert client.post("/api/v1/session", json={"token": token}).status_code == 204
        assert dict(client.cookies) != before
        assert client.get("/api/v1/info").status_code == 200
        client.cookies.clear()
        client.cookies.update(before)
        problem(client.get("/api/v1/info"), "sign-in", 401)


def test_signing_out_ends_the_session(service: Service, token: str) -> None:
    with service.client(**OUTSIDE) as client:
        client.post("/api/v1/session", json={"token": token})
        kept = dict(client.cookies)
        assert client.delete("/api/v1/session").status_code == 204
        client.cookies.update(kept)
        problem(client.get("/api/v1/info"), "sign-in", 401)


def test_a_session_ends_by_itself(service: Service, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TokenStore(service.state())
    monkeypatch.setattr(tokens_module, "SESSION_SECONDS", -1.0)
    assert store.session_name(store.open_session()) is None


def test_sessions_outlive_the_service(service: Service, token: str) -> None:
    secret = TokenStore(service.state()).open_session()
    assert TokenStore(service.state()).session_name(secret)


def test_no_token_is_taken_from_an_address(service: Service, token: str) -> None:
    with service.client(**OUTSIDE) as client:
        for name in ("token", "access_token", "api_key", "authorization", "sonolux", "__Host-sonolux"):
            problem(client.get("/api/v1/info", params={name: token}), "sign-in", 401)


def test_the_log_has_request_ids_and_no_secrets(service: Service, token: str) -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(JsonLines().format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("sonolux.server")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with service.client(**OUTSIDE) as client:
            signed = client.post("/api/v1/session", json={"token": token})
            client.get(
                "/api/v1/items?where=%7B%22title%22:%22secret%22%7D", headers={"authorization": f"Bearer {token}"}
            )
            secrets = [token, signed.cookies["__Host-sonolux"], "secret", "Bearer"]
    finally:
        logger.removeHandler(handler)
    told = [json.loads(line) for line in lines]
    assert [one["path"] for one in told] == ["/api/v1/session", "/api/v1/items"]
    assert told[0]["request"] == signed.headers["x-request-id"] and told[0]["request"] != told[1]["request"]
    assert {"time", "level", "message", "method", "status", "seconds", "client"} <= set(told[0])
    assert not [secret for secret in secrets if secret in "".join(lines)]
