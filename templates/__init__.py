"""Facts into records: template packs, selection, rendering, lineage."""
