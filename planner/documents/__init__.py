"""Values to bytes: PDF, CSV, JSON, calendar. Nothing here queries; each takes a frozen value and gives a file's content."""
