"""Tasks: what a model is trained on and how it is scored, a module each."""
