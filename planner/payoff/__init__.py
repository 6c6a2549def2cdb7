"""Several loans together: in which order to pay them, and what to do when the money is too little."""
