"""Statement files to transactions: one reader per format, one detector.

`from planner.statements.detector import read, guess_mapping`; the values are in `values`, the command in `command`.
"""
