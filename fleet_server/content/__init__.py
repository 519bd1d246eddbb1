"""Content (服务与菜单): edited as a draft, linted, published as a signed bundle, rolled back."""
