"""The HTTP contract between the fleet server and a department's system, published as OpenAPI."""
