"""The parent: it checks everything, then starts and watches the workers. Nothing here imports torch at its top."""
