"""Reports: one object in; HTML, PDF or LaTeX out. Knows no HTTP."""
