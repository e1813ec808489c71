"""Campaigns that try to break the promise: no answer is lost, nothing outside hangs the server (docs/reliability.md)."""
