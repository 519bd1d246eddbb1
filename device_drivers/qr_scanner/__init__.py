"""The QR scanner (扫码器): plain lines on a serial line, and codes in pictures."""
