"""One pass over a space, chunk by chunk, that keeps what can still enter the list or the front."""
