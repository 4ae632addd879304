"""How the weights are made with which Chinese names of people are found."""
