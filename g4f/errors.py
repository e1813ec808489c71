"""What can go wrong between us and a provider.

    ProviderError
     ├── NameUnknown              nobody of that name is in the catalogue; ``known`` lists who is
     │    ├── UnknownProvider
     │    └── UnknownModel
     ├── NotConfigured            the operator has to do something first
     │    ├── KeyMissing          no API key
     │    ├── KeyRejected         the service refused the key (401, 403)
     │    └── ServiceClosed       a closed service without an address of a compatible server
     ├── RequestRejected          the service refuses this very request (400, 422)
     │    ├── ModelMissing        it does not know the model (404); ``pullable`` when it could fetch it
     │    ├── ContextTooLong      the conversation does not fit the model
     │    └── ContentFiltered     its filter stopped the answer
     ├── QuotaExceeded            no money or no allowance left (402)
     ├── RateLimited              too many requests (429); ``retry_after`` in seconds
     ├── Unavailable              it is not there, or not well
     │    ├── Unreachable         no connection
     │    ├── TLSFailed           a connection that cannot be trusted
     │    ├── TimedOut            a deadline passed
     │    └── ServerFailed        5xx, "overloaded"
     └── ProtocolViolation        what came is not what the protocol says
          └── Interrupted         the stream ended without its end

``code`` is what programs and the locale files use; ``retryable`` says whether asking again, or asking somebody else, may help;
``passing`` is set where the same service is known to answer when it is asked again a moment later.
"""

from __future__ import annotations

from collections.abc import Sequence


class ProviderError(Exception):
    """Base of the tree. ``detail`` is for the operator's log, never for a page as it stands."""

    code = "provider_failed"
    retryable = False
    passing = False
    status: int | None = None  # the HTTP status behind it, where there was one
    midway = False  # some of the answer had come before it: who asks anew would hear that twice

    def __init__(self, detail: str = "", *, provider: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.provider = provider
        self.retry_after = retry_after


class NameUnknown(ProviderError):
    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        super().__init__(f"{name!r} is not known")
        self.name = name
        self.known = tuple(known)


class UnknownProvider(NameUnknown):
    code = "provider_unknown"


class UnknownModel(NameUnknown):
    code = "model_unknown"


class NotConfigured(ProviderError):
    code = "provider_not_configured"


class KeyMissing(NotConfigured):
    code = "key_missing"


class KeyRejected(NotConfigured):
    code = "key_rejected"


class ServiceClosed(NotConfigured):
    code = "service_closed"


class RequestRejected(ProviderError):
    code = "request_rejected"
    parameter = ""  # the field of the request that the service did not like, if it named one


class ModelMissing(RequestRejected):
    code = "model_missing"

    def __init__(self, detail: str = "", *, provider: str = "", pullable: bool = False) -> None:
        super().__init__(detail, provider=provider)
        self.pullable = pullable


class ContextTooLong(RequestRejected):
    code = "context_too_long"


class ContentFiltered(RequestRejected):
    code = "content_filtered"


class QuotaExceeded(ProviderError):
    code = "quota_exceeded"
    retryable = True  # not by asking again, but another provider may help


class RateLimited(ProviderError):
    code = "rate_limited"
    retryable = True


class Unavailable(ProviderError):
    code = "provider_unavailable"
    retryable = True


class Unreachable(Unavailable):
    code = "provider_unreachable"


class TLSFailed(Unavailable):
    code = "tls_failed"


class TimedOut(Unavailable):
    code = "provider_timed_out"


class ServerFailed(Unavailable):
    code = "provider_server_failed"


class ProtocolViolation(ProviderError):
    code = "provider_protocol"
    retryable = True


class Interrupted(ProtocolViolation):
    code = "provider_interrupted"
