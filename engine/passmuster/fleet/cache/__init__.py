"""What was judged before, by the bytes of a snapshot's sections."""
