"""Fixtures of this folder."""

from tests.device_drivers.social_security_card.virtual_slot import slot, slot_of_module

__all__ = ["slot", "slot_of_module"]
