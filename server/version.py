"""The version of the product."""

VERSION = "2.0.0"
