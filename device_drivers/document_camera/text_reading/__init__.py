"""Reading printed text off pages (文字识别), in a process of its own."""
