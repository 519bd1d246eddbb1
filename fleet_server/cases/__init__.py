"""Cases (办件): taken in from kiosks, handed over to departments, answered, looked up."""
