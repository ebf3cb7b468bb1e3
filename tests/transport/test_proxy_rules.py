"""Which proxy the environment names for which origin."""

import pytest

from ai_lib.transport.connections.proxy import ProxyRules
from ai_lib.transport.http.url import Origin

PLAIN = Origin("http", "api.example.com", 80)
SECURE = Origin("https", "api.example.com", 443)


def proxy_for(origin: Origin, **environment: str) -> str | None:
    proxy = ProxyRules("environment", environment).proxy_for(origin)
    return None if proxy is None else f"{proxy.scheme}://{proxy.host_port}"


def test_each_scheme_has_its_variable() -> None:
    names = {"HTTP_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:2"}

    assert proxy_for(PLAIN, **names) == "http://a:1"
    assert proxy_for(SECURE, **names) == "http://b:2"
    assert proxy_for(PLAIN) is None


def test_all_proxy_serves_what_has_no_variable_of_its_own() -> None:
    names = {"HTTP_PROXY": "http://a:1", "ALL_PROXY": "socks5h://c:3"}

    assert proxy_for(PLAIN, **names) == "http://a:1"
    assert proxy_for(SECURE, **names) == "socks5h://c:3"


def test_lower_case_wins_and_an_empty_value_is_none() -> None:
    assert (
        proxy_for(SECURE, https_proxy="http://low:1", HTTPS_PROXY="http://up:1") == "http://low:1"
    )
    assert proxy_for(SECURE, https_proxy="", HTTPS_PROXY="http://up:1") == "http://up:1"


def test_ports_and_schemes_have_defaults() -> None:
    assert proxy_for(SECURE, HTTPS_PROXY="proxy") == "http://proxy:80"
    assert proxy_for(SECURE, HTTPS_PROXY="socks5://proxy") == "socks5://proxy:1080"
    assert proxy_for(SECURE, HTTPS_PROXY="http://[::1]:8080") == "http://[::1]:8080"


def test_a_callers_proxy_header_in_a_cgi_program_is_ignored() -> None:
    assert proxy_for(PLAIN, HTTP_PROXY="http://evil:1", REQUEST_METHOD="GET") is None
    assert proxy_for(PLAIN, http_proxy="http://good:1", REQUEST_METHOD="GET") == "http://good:1"


@pytest.mark.parametrize(
    ("entry", "host", "port", "exempt"),
    [
        ("*", "api.example.com", 443, True),
        ("api.example.com", "api.example.com", 443, True),
        ("API.Example.com", "api.example.com", 443, True),
        ("example.com", "api.example.com", 443, True),
        (".example.com", "api.example.com", 443, True),
        ("*.example.com", "api.example.com", 443, True),
        ("example.com", "badexample.com", 443, False),
        ("other.com, example.com", "api.example.com", 443, True),
        ("api.example.com:443", "api.example.com", 443, True),
        ("api.example.com:8443", "api.example.com", 443, False),
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("10.0.0.1:8080", "10.0.0.1", 80, False),
        ("10.0.0.0/8", "10.20.30.40", 443, True),
        ("10.0.0.0/8", "11.0.0.1", 443, False),
        ("10.0.0.0/8", "ten.example.com", 443, False),
        ("::1", "::1", 80, True),
        ("[::1]", "::1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("[fd00::1]:81", "fd00::1", 80, False),
        ("fd00::/8", "fd12::1", 443, True),
        ("fd00::/8", "10.0.0.1", 443, False),
        ("", "api.example.com", 443, False),
        (" , ", "api.example.com", 443, False),
    ],
)
def test_no_proxy(entry: str, host: str, port: int, exempt: bool) -> None:
    found = proxy_for(Origin("https", host, port), HTTPS_PROXY="http://p:1", NO_PROXY=entry)

    assert (found is None) is exempt


def test_an_explicit_proxy_ignores_the_environment() -> None:
    rules = ProxyRules("http://mine:1", {"HTTPS_PROXY": "http://theirs:2", "NO_PROXY": "*"})

    assert rules.proxy_for(SECURE) == ("http", "mine", 1, None, "")
