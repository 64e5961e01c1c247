"""HTTP as the relying party needs it: JSON from an issuer, bounded in time, tries and size."""

import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

MAX_ANSWER: Final = 256 * 1024  # bytes of any answer from an issuer
# RFC 6749 section 5.2, RFC 9126 section 2.3, RFC 9449 section 8; anything else that an issuer writes is not repeated.
ERRORS: Final = (
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "invalid_scope",
    "use_dpop_nonce",
    "invalid_dpop_proof",
)


class HttpFailed(Exception):
    """The issuer gave no usable answer; the text is a status, an OAuth error code or an exception's name.

    ``dpop_nonce`` is what the issuer wants in the next proof (RFC 9449 section 8), empty when it said nothing.
    """

    def __init__(self, why: str, dpop_nonce: str = "") -> None:
        super().__init__(why)
        self.dpop_nonce = dpop_nonce


class Http(Protocol):
    """What the relying party needs of HTTP: the body of a good answer, or HttpFailed."""

    def get_json(self, url: str) -> Any:
        """GET a JSON document."""

    def post_form(self, url: str, fields: Mapping[str, str], dpop: str = "") -> Any:
        """POST a form, with a DPoP proof if there is one; the answer is JSON."""


class IssuerHttp:
    """`Http` over urllib3. A form is sent once, for a code and an assertion are good once."""

    def __init__(self) -> None:
        import urllib3  # where it is used: most invocations log nobody in, and cold starts count

        # A function that has just started has a share of a core: its first handshake takes seconds of an issuer that is
        # awake. Whoever has not answered for six is not asked again in the same request. So a login's way out (metadata
        # and a form) takes 3 + 3 + 6 and 3 + 6 seconds at worst, 21 of the 28 that the function has.
        tries = urllib3.Retry(
            total=1, read=0, status_forcelist=(502, 503, 504), backoff_factor=0.2, raise_on_status=False
        )
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=6), retries=tries)

    def get_json(self, url: str) -> Any:
        """GET a JSON document; tried twice at most, once when nobody answers."""
        return self._send("GET", url)

    def post_form(self, url: str, fields: Mapping[str, str], dpop: str = "") -> Any:
        """POST a form, once; the answer is JSON."""
        headers = {"DPoP": dpop} if dpop else {}
        return self._send("POST", url, headers, fields=dict(fields), encode_multipart=False, retries=False)

    def _send(self, method: str, url: str, headers: Mapping[str, str] | None = None, **options: Any) -> Any:
        import urllib3

        options |= {"headers": {"Accept": "application/json", **(headers or {})}}
        options |= {"redirect": False, "preload_content": False}
        try:
            response = self._pool.request(method, url, **options)
            body = response.read(MAX_ANSWER + 1)
            if len(body) > MAX_ANSWER:
                response.close()
                raise HttpFailed("too large")
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise HttpFailed(type(error).__name__) from None
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise HttpFailed(f"{response.status} without JSON") from None
        # A pushed request is answered by 201 (RFC 9126 section 2.2).
        if response.status != 200 and not (method == "POST" and response.status == 201):
            code = answer.get("error") if isinstance(answer, dict) else None
            nonce = response.headers.get("DPoP-Nonce", "")
            raise HttpFailed(code if code in ERRORS else str(response.status), nonce)
        return answer
