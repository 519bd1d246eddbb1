"""The bench (工作台): all emulators in one process, and a page and an API to handle them."""
