"""What `make bench` measures, each figure beside its peer or limit."""
