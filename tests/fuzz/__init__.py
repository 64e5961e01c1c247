"""Coverage-guided fuzzing (atheris) of everything that parses what comes from outside."""
