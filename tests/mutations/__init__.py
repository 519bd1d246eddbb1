"""Breaking one constant of a protocol at a time: some test of the device must notice."""
