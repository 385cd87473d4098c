"""What every answer of the web server gets that Streamlit does not do by itself.

Streamlit's page says that it is English, takes no content policy, and keeps its login cookie for thirty days without
``Secure``. These layers put that right without touching Streamlit's own files.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LANGUAGES = ("nl", "en")
LANGUAGE_COOKIE = "taal"
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_HTML_LANGUAGE = re.compile(rb"<html lang=\"[^\"]*\">")
_TITLE = re.compile(rb"<title>.*?</title>", re.DOTALL)


def language_of(headers: Headers) -> str:
    """Return the language that a visitor chose, Dutch when she chose none.

    Args:
        headers: headers of her request.
    """
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return LANGUAGES[0]
    chosen = cookies[LANGUAGE_COOKIE].value if LANGUAGE_COOKIE in cookies else ""
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def content_policy(page: bytes) -> str:
    """Return the Content-Security-Policy of a page: nothing from another host, no script but our own.

    Args:
        page: the HTML; the scripts that stand in it are allowed by their hash.
    """
    scripts = " ".join(
        "'sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode("ascii") + "'"
        for script in _INLINE_SCRIPT.findall(page)
    )
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {scripts}".rstrip(),
            # Streamlit writes its styles into the page while it runs.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


SECURITY_HEADERS: Sequence[tuple[bytes, bytes]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


def _without(headers: Iterable[tuple[bytes, bytes]], names: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    dropped = set(names)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


class PageMiddleware:
    """Sets language, title, stylesheet, script and policy of each HTML page, and the security headers of all answers.

    Args:
        app: the application inside.
        titles: title of the page before its own script sets one, by language.
        stylesheet: address of the cockpit's stylesheet, on this host.
        script: address of the cockpit's script, on this host.
        paths: paths of the pages, without the first slash; any other leads to the first page, because Streamlit would
            serve it with a dialog in English.
    """

    def __init__(
        self, app: ASGIApp, *, titles: Mapping[str, str], stylesheet: str, script: str, paths: Collection[str]
    ) -> None:
        self._app = app
        self._titles = titles
        self._paths = frozenset(paths) | {""}
        self._head = (
            f'<link rel="stylesheet" href="{stylesheet}" /><script defer src="{script}"></script></head>'.encode(
                "ascii"
            )
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        language = language_of(Headers(scope=scope))
        # A compressed page cannot be changed: ask the layers inside for a plain one.
        if not scope["path"].startswith(("/static/", "/media/")):
            scope = {**scope, "headers": _without(scope["headers"], (b"accept-encoding",))}
        start: Message | None = None
        body = bytearray()

        async def changed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *SECURITY_HEADERS]}
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if kind.startswith("text/html"):
                    start = message
                else:
                    await send(message)
                return
            if start is None or message["type"] != "http.response.body":
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            if scope["path"].strip("/") not in self._paths:
                await RedirectResponse("/", status_code=303)(scope, receive, send)
                return
            page = self._page(bytes(body), language)
            headers = _without(start["headers"], (b"content-length", b"etag", b"last-modified"))
            headers.append((b"content-security-policy", content_policy(page).encode("ascii")))
            if page:
                headers.append((b"content-length", str(len(page)).encode("ascii")))
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, changed)

    def _page(self, page: bytes, language: str) -> bytes:
        page = _HTML_LANGUAGE.sub(f'<html lang="{language}">'.encode("ascii"), page, count=1)
        page = _TITLE.sub(f"<title>{self._titles[language]}</title>".encode(), page, count=1)
        return page.replace(b"</head>", self._head, 1)


class CookieMiddleware:
    """Makes every cookie end with the browser session, and travel over TLS only where there is TLS.

    Streamlit keeps its login cookie for thirty days, readable by who finds the computer; a login here ends when the
    browser closes, or earlier (`app.session` checks `exp` at every run).

    Args:
        app: the application inside.
        secure: whether the cockpit is reached over https.
        lasting: names of cookies that hold no login and may stay, such as the language.
    """

    def __init__(self, app: ASGIApp, *, secure: bool, lasting: Iterable[str] = ()) -> None:
        self._app = app
        self._secure = secure
        self._lasting = tuple(f"{name}=" for name in lasting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def changed(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept") and message.get("headers"):
                headers = [
                    (name, self._cookie(value) if name.lower() == b"set-cookie" else value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, changed)

    def _cookie(self, cookie: bytes) -> bytes:
        pair, *attributes = [part.strip() for part in cookie.decode("latin-1").split(";")]
        names = [attribute.partition("=")[0].lower() for attribute in attributes]
        # A cookie that is being deleted keeps its past date.
        deleted = "max-age=0" in (attribute.lower() for attribute in attributes)
        if not deleted and not pair.startswith(self._lasting):
            attributes = [
                attribute
                for attribute, name in zip(attributes, names, strict=True)
                if name not in ("max-age", "expires")
            ]
        if self._secure and "secure" not in names:
            attributes.append("Secure")
        return "; ".join((pair, *attributes)).encode("latin-1")
