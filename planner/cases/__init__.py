"""The household's file as a whole, and the More tab."""
