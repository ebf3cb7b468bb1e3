"""HTML and Markdown for notebooks."""
