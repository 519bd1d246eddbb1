"""The document printer (文书打印机): official papers on A4, through CUPS."""
