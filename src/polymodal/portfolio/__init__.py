"""What `fit` trains around the network, and how all of it is weighed into one answer."""
