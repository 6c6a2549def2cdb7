"""Evidence files: photos and PDFs that support a case."""
