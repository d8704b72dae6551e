"""Two sections brought onto each other by what is expressed at their spots."""
