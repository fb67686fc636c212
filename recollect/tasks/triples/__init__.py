"""Knowledge bases of triples: questions whose answer is a chain of them."""
