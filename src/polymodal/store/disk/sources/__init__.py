"""What a store is made from, each kind of source in a file of its own; rows come in any order, few at a time."""
