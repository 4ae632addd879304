"""JUDGE: observations in; findings, ratings, warnings and the published snapshot out. Pure and offline."""

from importlib.metadata import PackageNotFoundError, version

try:
    CODE_VERSION = version("kamengwatch")
except PackageNotFoundError:  # Run from a checkout that is not installed.
    CODE_VERSION = "0"
