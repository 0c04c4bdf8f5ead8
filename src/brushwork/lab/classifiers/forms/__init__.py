"""A trained classifier in other forms, each opened again and compared with the network that it came from."""
