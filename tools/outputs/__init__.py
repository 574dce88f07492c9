"""Files out: written aside and renamed, folders locked, every run with its manifest."""
