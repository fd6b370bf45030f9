"""Running a checked expression: three-valued, bounded, and able to say why."""
