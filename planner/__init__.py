"""稳步 · Steady: the planning app for borrowers. Imports nothing, so that the engine can be imported alone."""

__version__ = "0.1.0"
