just a line
