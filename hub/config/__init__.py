"""The configuration: one YAML file and the environment, checked by its schema and read once into frozen objects."""
