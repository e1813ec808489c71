"""The one shape in which the application refuses: a code for programs, a status for HTTP, values for the translated sentence."""

from __future__ import annotations

from collections.abc import Mapping

from g4f.errors import ProviderError

STATUS_OF_PROVIDER_ERROR = {
    "key_missing": 409,
    "provider_not_configured": 409,
    "service_closed": 409,
    "request_rejected": 422,
    "model_missing": 422,
    "context_too_long": 422,
    "content_filtered": 422,
    "rate_limited": 429,
    "provider_timed_out": 504,
    "internal": 500,
}


class ApiError(Exception):
    """A refusal. ``code`` names a sentence in the locale files; ``retry_after`` is in seconds."""

    def __init__(
        self,
        code: str,
        status: int,
        message: str = "",
        *,
        values: Mapping[str, str | int | float] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message or code)
        self.code = code
        self.status = status
        self.message = message or code.replace("_", " ").capitalize()
        self.values = dict(values or {})
        self.retry_after = retry_after

    def to_json(self, request_id: str) -> dict[str, object]:
        """The body of docs/api.md, «Ошибки»."""
        error: dict[str, object] = {"code": self.code, "message": self.message, "request_id": request_id}
        if self.values:
            error["values"] = self.values
        return {"error": error}


class NotFound(ApiError):
    """An id that does not exist, or belongs to somebody else: both look the same (A-030)."""

    def __init__(self) -> None:
        super().__init__("not_found", 404, "Not found")


class Conflict(ApiError):
    """Somebody changed it in another place."""

    def __init__(self, message: str = "Changed elsewhere") -> None:
        super().__init__("conflict", 409, message)


class StorageUnavailable(ApiError):
    """The database cannot write at the moment: full disk, lock, I/O error."""

    def __init__(self, message: str = "Storage is unavailable") -> None:
        super().__init__("storage_unavailable", 503, message, retry_after=5)


def status_of(code: str) -> int:
    """The HTTP status of a failure that is known by its code alone."""
    return STATUS_OF_PROVIDER_ERROR.get(code, 502)


def from_provider(error: ProviderError) -> ApiError:
    """The refusal that a provider's failure before the first word becomes. Its detail stays in the log (A-075)."""
    return ApiError(
        error.code,
        status_of(error.code),
        values={"provider": error.provider} if error.provider else None,
        retry_after=error.retry_after,
    )
