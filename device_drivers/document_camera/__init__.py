"""The document camera (高拍仪): interface, page finding, driver and emulator."""
