"""RUN: the command line, configuration and scheduling; imports all, imported by none."""
