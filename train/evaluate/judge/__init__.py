"""Models as judges of answers: rubrics, verdicts that are read and never guessed, and how far a judge agrees with people."""
