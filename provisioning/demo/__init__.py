"""The whole system on one machine: real processes, emulated devices, scripted citizens."""
