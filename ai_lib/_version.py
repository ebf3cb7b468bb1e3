"""The version of the library, and nothing else."""

__version__ = "0.1.0"
