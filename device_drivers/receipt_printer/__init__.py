"""The receipt printer (凭条打印机): interface, layout, ESC/POS encoder, driver and emulator."""
