"""The way out for provider modules written with ``requests`` in 2023: the same roots, proxies and rules as g4f.transport."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from g4f.errors import Interrupted, NotConfigured, ProtocolViolation, TimedOut, TLSFailed, Unreachable
from g4f.http_errors import ERROR_BODY_BYTES, error_of_status
from g4f.tls import proxy_for, ssl_context

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0


def blocking_session(ca_file: str = "", *, trust_env: bool = True) -> requests.Session:
    """A ``requests`` session that verifies with our roots, follows no redirects, keeps deadlines and takes nothing from ``.netrc``.

    ``with`` it, or close it. ``requests`` is imported here, so that a provider's module is cheap to import.
    """
    import requests
    from requests.adapters import HTTPAdapter

    context = ssl_context(ca_file)

    class Verifying(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
            return super().init_poolmanager(*args, ssl_context=context, **kwargs)

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            return super().proxy_manager_for(*args, ssl_context=context, **kwargs)

    class Session(requests.Session):
        def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
            kwargs["allow_redirects"] = False
            kwargs.setdefault("timeout", (CONNECT_SECONDS, READ_SECONDS))
            address = url if isinstance(url, str) else url.decode()
            proxy = proxy_for(address) if trust_env else None
            kwargs.setdefault("proxies", {"http": proxy, "https": proxy} if proxy else {})
            return super().request(method, url, *args, **kwargs)

    session = Session()
    session.trust_env = False
    session.mount("https://", Verifying())
    return session


def check_response(response: requests.Response) -> requests.Response:
    """The response if its status is 200; else raises the error that the status means."""
    if response.status_code == 200:
        return response
    try:
        body = next(response.iter_content(ERROR_BODY_BYTES), b"")
    except Exception:  # the body of an error is a courtesy
        body = b""
    secret = str(response.request.headers.get("Authorization", "")).rpartition(" ")[2]
    raise error_of_status(response.status_code, response.headers, body, secret=secret)


@contextmanager
def errors_of_requests() -> Iterator[None]:
    """Turn what ``requests`` raises into our errors."""
    import requests
    from urllib3 import exceptions as lower

    try:
        yield
    except requests.exceptions.SSLError as error:
        raise TLSFailed(str(error)[:300]) from error
    except requests.exceptions.ReadTimeout as error:
        raise TimedOut(str(error)[:300]) from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise Interrupted(str(error)[:300]) from error
    except requests.exceptions.ConnectionError as error:
        # While a body is read, requests calls a passed deadline a lost connection.
        if error.args and isinstance(error.args[0], lower.ReadTimeoutError):
            raise TimedOut(str(error)[:300]) from error
        raise Unreachable(str(error)[:300]) from error
    except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema) as error:
        raise NotConfigured("not an address") from error
    except requests.exceptions.HTTPError as error:
        if error.response is not None:
            check_response(error.response)
        raise ProtocolViolation(str(error)[:300]) from error
    except requests.exceptions.RequestException as error:
        raise ProtocolViolation(str(error)[:300]) from error
