"""Scripts for the interpreters of other packages; alone in this folder, which is the first they import from."""
