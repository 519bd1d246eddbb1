"""The ID card reader (身份证阅读器): SAM_V on a serial line."""
