"""Mathematical answers: values read from LaTeX, and processes that run math-verify and can be killed."""
