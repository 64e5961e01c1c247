"""The security headers of every answer, in one place: of the pages, whoever serves them, and of the API. Pure."""

from typing import Final

Cookie = tuple[str, str] | tuple[str, str, int]
"""A cookie that is set: its name, its value (empty: it goes) and, if it is not to last, its seconds."""

ALWAYS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
OVER_TLS: Final = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
"""Only where the pages come over https: a browser that has seen it asks for nothing else (RFC 6797)."""

READ: Final = (
    "content-type",
    "idempotency-key",
    "origin",
    "sec-fetch-site",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-venterom",
)
"""What the API reads of a request besides cookies and X-Forwarded-For; whoever stands in front of it passes on these
and no others. CloudFront takes ten at most."""

OURS: Final = ("camera", "microphone", "display-capture", "autoplay", "screen-wake-lock")
"""What a consultation needs of the browser. Copying and the choice of a speaker are every page's own by default."""
NOBODYS: Final = (
    "accelerometer",
    "browsing-topics",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "serial",
    "sync-xhr",
    "usb",
    "xr-spatial-tracking",
)
"""What browsers know to forbid (W3C Permissions Policy) and no page of ours asks for."""

API: Final = ALWAYS | {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Of an answer of the API, which is no page and nobody's to keep."""


def of_pages(host: str, *, tls: bool) -> dict[str, str]:
    """The headers of every page at ``host`` (with its port, if it has one)."""
    permissions = [*(f"{name}=(self)" for name in OURS), *(f"{name}=()" for name in NOBODYS)]
    return {
        **ALWAYS,
        **(OVER_TLS if tls else {}),
        "Content-Security-Policy": policy(f"{'wss' if tls else 'ws'}://{host}"),
        "Permissions-Policy": ", ".join(permissions),
    }


def policy(socket: str) -> str:
    """The Content-Security-Policy of the pages; older Safaris do not count the socket's address as 'self'."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob: mediastream:",
            "font-src 'self'",
            f"connect-src 'self' {socket}",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
