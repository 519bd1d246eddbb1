"""Fixtures of this folder."""

from tests.device_drivers.document_printer.papers import printing, printing_of_module

__all__ = ["printing", "printing_of_module"]
