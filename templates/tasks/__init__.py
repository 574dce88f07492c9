"""Tasks: what else a template's question and facts can be asked as, so that the answer can be graded."""
