"""The loops that Numba compiles, of arrays alone; nothing here is imported before a loop is called."""
