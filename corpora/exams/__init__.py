"""Questions of exams."""
