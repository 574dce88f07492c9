"""Records into train, validation and test: whole groups, stratified, with a seed; or as a paper did it."""
