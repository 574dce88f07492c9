"""Files of corpora as rows, whatever their encoding, layout and packing."""
