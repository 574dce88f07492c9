"""The ground floor: errors, registry, config, files, tables, the command host."""
